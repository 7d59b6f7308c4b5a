"""What leaves for the user's server: events of clients, sent as CloudEvents over HTTP, and what comes back.

Pure parts say what an event looks like (`cloud_events`), who gets it (`matching`, `url_templates`) and what a reply
means (`replies`). Around them stand the ways out: `http_client` with its connections and address rules,
`abuse_protection`, `upstream_tokens`, and `webhooks`, which sends one event. `dispatcher` is what connections call: it
keeps the order of each connection's events and owns every task. Nothing here knows sockets, hubs or the HTTP
application.
"""
