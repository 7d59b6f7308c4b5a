"""What one connection may have, send and leave unread."""

from dataclasses import dataclass

from linarite.settings.definitions import setting

__all__ = ["ConnectionSettings"]


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings:
    """What one connection may have, send and leave unread."""

    close_timeout_seconds: float = setting(
        5.0,
        section="Connections",
        unit="seconds",
        minimum=0.1,
        maximum=600,
        reason="How long a client may take to answer a close frame before its socket is ended; most answer in one "
        "round trip.",
    )
    outbox_limit_messages: int = setting(
        1000,
        section="Connections",
        unit="messages",
        minimum=1,
        maximum=1_000_000,
        reason="Messages that wait for a slow reader before its connection is closed, so that it never "
        "takes its neighbours' time or memory. A reliable client's buffer in the service holds as "
        "many.",
    )
    outbox_limit_bytes: int = setting(
        16_777_216,
        section="Connections",
        unit="bytes",
        minimum=65_536,
        maximum=1_073_741_824,
        reason="The same limit in bytes; the service documents 16 MB for a reliable client's buffer.",
    )
    recovery_window_seconds: float = setting(
        30.0,
        section="Connections",
        unit="seconds",
        minimum=0,
        maximum=3600,
        reason="So long a reliable client that has lost its socket may come back to its connection; the service "
        "promises at least 30 seconds, and client libraries try for that long.",
    )
    recovery_limit_messages: int = setting(
        1000,
        section="Connections",
        unit="messages",
        minimum=1,
        maximum=1_000_000,
        reason="Messages kept for a reliable client until it acknowledges them, as in the service; one more ends its "
        "connection with close code 1008. Client libraries acknowledge once a second.",
    )
    recovery_limit_bytes: int = setting(
        16_777_216,
        section="Connections",
        unit="bytes",
        minimum=65_536,
        maximum=1_073_741_824,
        reason="The same limit in bytes; the service documents 16 MB.",
    )
    write_buffer_bytes: int = setting(
        65_536,
        section="Connections",
        unit="bytes",
        minimum=1024,
        maximum=16_777_216,
        reason="Bytes that the operating system has not taken yet before a connection over TLS counts as slow and "
        "its outbox fills: the high-water mark of asyncio's transports. Without TLS the first such byte counts.",
    )
    read_buffer_bytes: int = setting(
        2048,
        section="Connections",
        unit="bytes",
        minimum=2048,
        maximum=1_048_576,
        reason="What every open connection reserves for reading; the parser takes no less. Idle connections are many "
        "and their frames short.",
    )
    keep_alive_missed_intervals: int = setting(
        3,
        section="Connections",
        unit="intervals",
        minimum=1,
        maximum=100,
        reason="A connection that has been silent for so many of its hub's keep-alive intervals is "
        "dropped, as the service's troubleshooting guide says of PingTimeout.",
    )
    ack_memory: int = setting(
        1000,
        section="Connections",
        unit="ack ids",
        minimum=0,
        maximum=1_000_000,
        reason="The last ack ids of a connection that are remembered, so that a repeated request is "
        "answered Duplicate and not carried out twice.",
    )
    waiting_requests_limit: int = setting(
        64,
        section="Connections",
        unit="requests",
        minimum=1,
        maximum=100_000,
        reason="Requests of one client that wait while its event is being answered. Past it nothing more is read from "
        "this client until the answer: the service stops reading at once.",
    )
    waiting_bytes_limit: int = setting(
        1_048_576,
        section="Connections",
        unit="bytes",
        minimum=1024,
        maximum=134_217_728,
        reason="The same limit in bytes: one message of the longest kind.",
    )
    streams_limit: int = setting(
        100,
        section="Connections",
        unit="streams",
        minimum=1,
        maximum=100_000,
        reason="Streams that one connection may have open at a time; each keeps a timer. The service does not publish "
        "its limit.",
    )
    stream_id_limit: int = setting(
        256,
        section="Connections",
        unit="characters",
        minimum=36,
        maximum=65_536,
        reason="The longest id of a stream, which goes out with each of its fragments; official clients make UUIDs of "
        "36 characters.",
    )
    stream_idle_seconds: float = setting(
        300.0,
        section="Connections",
        unit="seconds",
        minimum=0.1,
        maximum=86_400,
        reason="A stream that takes nothing for so long is closed, unless its start names another time: the service's "
        "default.",
    )
    connection_groups_limit: int = setting(
        10_000,
        section="Connections",
        unit="groups",
        minimum=1,
        maximum=10_000_000,
        reason="Groups that one connection may be in; past it a join is answered `BadRequest`, by REST 409. "
        "The service names no number; this keeps one client from filling the memory.",
    )
    permission_targets_limit: int = setting(
        1000,
        section="Connections",
        unit="groups",
        minimum=1,
        maximum=100_000,
        reason="Groups that a connection's granted and revoked permissions may name; past it a grant is "
        "answered 409. The service has a limit too but does not publish it.",
    )
    message_limit_bytes: int = setting(
        1_048_576,
        section="Messages",
        unit="bytes",
        minimum=1024,
        maximum=134_217_728,
        reason="The longest message from a client or a REST call. The service documents 1 MB a frame.",
    )
    filter_limit_bytes: int = setting(
        16_384,
        section="Messages",
        unit="bytes",
        minimum=64,
        maximum=1_048_576,
        reason="The longest OData filter. It travels in the URL or a small body.",
    )
    filter_depth: int = setting(
        100,
        section="Messages",
        unit="levels",
        minimum=1,
        maximum=200,
        reason="How deep an OData filter may nest: the default of Microsoft's OData parser. More than 200 "
        "would meet Python's own limit on recursion.",
    )
    excluded_limit: int = setting(
        1000,
        section="Messages",
        unit="connection ids",
        minimum=1,
        maximum=100_000,
        reason="The most `excluded` parameters of one call. The service names no limit; the official "
        "clients sign the whole address, so that about 280 ids of 32 characters fit in a token.",
    )
    connects_per_second: float = setting(
        0.0,
        section="Rates",
        unit="connections per second",
        minimum=0,
        maximum=1_000_000,
        reason="New connections of one resource; more are refused with status 429. 0 sets no limit.",
    )
    rest_calls_per_second: float = setting(
        0.0,
        section="Rates",
        unit="calls per second",
        minimum=0,
        maximum=10_000_000,
        reason="Calls of the REST API for one resource; more are answered 429 with `Retry-After`. 0 sets no limit.",
    )
    connection_messages_per_second: float = setting(
        0.0,
        section="Rates",
        unit="messages per second",
        minimum=0,
        maximum=10_000_000,
        reason="What one client may send; a faster one is read more slowly, and loses nothing. 0 sets no limit.",
    )
    connection_bytes_per_second: float = setting(
        0.0,
        section="Rates",
        unit="bytes per second",
        minimum=0,
        maximum=100_000_000_000,
        reason="The same in bytes of messages. 0 sets no limit.",
    )
    rate_debt_seconds: float = setting(
        60.0,
        section="Rates",
        unit="seconds",
        minimum=0,
        maximum=86_400,
        reason="A client that has sent so much at once that it could not be read for longer than this is closed with "
        "code 1008 instead.",
    )
    rate_burst_seconds: float = setting(
        2.0,
        section="Rates",
        unit="seconds",
        minimum=0.001,
        maximum=3600,
        reason="So many seconds' worth of each rate may come at once: clients that reconnect and servers that start do "
        "much in little time.",
    )
