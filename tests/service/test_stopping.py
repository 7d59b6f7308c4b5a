"""How a server process ends."""

import socket
import time


def test_idle_client_that_says_no_goodbye_over_tls_delays_no_stop(own_server, tmp_path):
    """A pooled connection of a client that was not reading held the stop for the whole `shutdown_seconds`."""
    with own_server(tmp_path) as server:
        host, _, port = server.https.url.removeprefix("https://").rpartition(":")
        silent = server.https.tls.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host)
        silent.sendall(f"HEAD /api/health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert silent.recv(4096).startswith(b"HTTP/1.1 200")
        start = time.monotonic()
    assert time.monotonic() - start < 5
    silent.close()
