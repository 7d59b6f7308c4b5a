"""One port for HTTP and WebSocket: listening, TLS, the upgrade, coalesced writing, forwarded headers."""
