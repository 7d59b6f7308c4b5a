"""Events as the service sends them: CloudEvents 1.0 over HTTP in binary mode.

Headers and bodies follow "CloudEvents extension for Azure Web PubSub event handler" (reference-cloud-events), and the
service's own runtime where that page is silent. Everything here is pure: an `Event` in, header lines and a body out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache

import msgspec

from linarite.domain.messages import NO_METADATA, DataType
from linarite.monitoring.trace_context import traceparent

__all__ = [
    "CONTENT_TYPES",
    "EMPTY_BODY",
    "METADATA_PREFIX",
    "SYSTEM_CONTENT_TYPE",
    "ClientCertificate",
    "ConnectRequest",
    "Event",
    "EventKind",
    "InvalidEvent",
    "connect_body",
    "event_headers",
    "group_body",
    "reason_body",
    "signature",
    "validation_headers",
]

SYSTEM_CONTENT_TYPE = "application/json; charset=utf-8"
"""The type of system and presence events (reference-cloud-events, every sample)."""

CONTENT_TYPES: Mapping[DataType, str] = {
    DataType.TEXT: "text/plain; charset=utf-8",
    DataType.JSON: "application/json",
    DataType.BINARY: "application/octet-stream",
    DataType.PROTOBUF: "application/x-protobuf",
}
"""The types of user events (reference-cloud-events, user events)."""

EMPTY_BODY = b"{}"
"""The body of `connected`."""

METADATA_PREFIX = "x-webpubsub-metadata-"

# RFC 9110, section 5.5: a field value is visible ASCII, blanks and tabs. The user id alone may be any text, as UTF-8.
_HEADER_TEXT = re.compile(r"[\t\x20-\x7e]*")
_USER_ID_TEXT = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")

# The names under which .NET knows two of a token's claims; the service sends both, and applications read either.
_ROLE_CLAIM = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
_USER_ID_CLAIMS = ("nameid", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier")

# What a handler must not see of the client's request: its credentials.
_HIDDEN_PARAMETER = "access_token"
_HIDDEN_HEADER = "authorization"
# The service passes on these names in its own spelling, whatever the client wrote; other names stay as they came.
_HEADER_NAMES = {
    name.lower(): name
    for name in (
        "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Cookie", "Host", "Origin",
        "Pragma", "Referer", "Upgrade", "User-Agent", "Via", "Sec-WebSocket-Extensions", "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol", "Sec-WebSocket-Version",
    )
}  # fmt: skip


class InvalidEvent(ValueError):
    """An event has something that no HTTP header can carry; it is not sent, and not tried again."""


class EventKind(Enum):
    """Who raised an event; the value stands in `ce-type`."""

    SYSTEM = "sys"
    PRESENCE = "gp"
    USER = "user"


class Event(msgspec.Struct, frozen=True):
    """One event of one connection. A Struct, as messages are: made in a tenth of a frozen dataclass's time."""

    kind: EventKind
    name: str
    hub: str
    connection_id: str
    origin: str
    """The host of the service as the client addressed it, without port."""
    event_id: int
    at: float
    """When it happened, in seconds since 1970."""
    request_id: str
    """Names the event in the logs of both sides; the same on every attempt."""
    content_type: str
    body: bytes
    user_id: str | None = None
    subprotocol: str | None = None
    state: str | None = None
    metadata: Mapping[str, str] = NO_METADATA
    trace_id: str | None = None
    """The trace that the call belongs to, None while nothing is told of it."""


def event_headers(event: Event, signed: str) -> list[tuple[str, str]]:
    """The header lines of the event's POST. Raises InvalidEvent.

    `signed` is the value of `signature`, empty where no access key may sign.
    """
    name = event.name
    headers = [
        ("WebHook-Request-Origin", event.origin),
        ("Content-Type", event.content_type),
        ("ce-awpsversion", "1.0"),
        ("ce-specversion", "1.0"),
        ("ce-type", f"azure.webpubsub.{event.kind.value}.{name}"),
        ("ce-source", f"/hubs/{event.hub}/client/{event.connection_id}"),
        ("ce-id", str(event.event_id)),
        ("ce-time", _utc_time(int(event.at))),
        ("ce-hub", event.hub),
        ("ce-connectionId", event.connection_id),
        ("ce-eventName", name),
        ("x-ms-client-request-id", event.request_id),
    ]
    if signed:
        headers.append(("ce-signature", signed))
    if event.subprotocol:
        headers.append(("ce-subprotocol", event.subprotocol))
    if event.state is not None:
        headers.append(("ce-connectionState", event.state))
    if event.trace_id is not None:
        headers.append(("traceparent", traceparent(event.trace_id)))
    for key, value in _lower_keys(event.metadata).items():
        headers.append((METADATA_PREFIX + key, value))
    if _HEADER_TEXT.fullmatch("".join([value for _, value in headers])) is None:
        raise InvalidEvent(f"expected printable ASCII in every header, got something else in {_odd_header(headers)}")
    if event.user_id:
        if _USER_ID_TEXT.fullmatch(event.user_id) is None:
            raise InvalidEvent("expected a user id without control characters")
        headers.append(("ce-userId", event.user_id))
    return headers


def validation_headers(origin: str) -> list[tuple[str, str]]:
    """The header lines of an abuse protection request. Raises InvalidEvent for an origin that no header can carry."""
    if _HEADER_TEXT.fullmatch(origin) is None:
        raise InvalidEvent("expected an origin in printable ASCII")
    return [("WebHook-Request-Origin", origin), ("ce-awpsversion", "1.0")]


def signature(keys: Iterable[str], connection_id: str) -> str:
    """The value of `ce-signature`: the connection id signed with each key there is, the primary's first."""
    data = connection_id.encode()
    digests = (hmac.digest(key.encode(), data, hashlib.sha256).hex() for key in keys if key)
    return ",".join(f"sha256={digest}" for digest in digests)


def reason_body(reason: str) -> bytes:
    """The body of `disconnected`."""
    return msgspec.json.encode({"reason": reason})


def group_body(group: str) -> bytes:
    """The body of `joined` and `left`."""
    return msgspec.json.encode({"group": group})


class ClientCertificate(msgspec.Struct, frozen=True):
    """The certificate that a client showed in the TLS handshake, in the form in which handlers get it."""

    thumbprint: str
    content: str

    @classmethod
    def from_der(cls, der: bytes) -> ClientCertificate:
        """The certificate of these DER bytes."""
        encoded = base64.b64encode(der).decode()
        lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
        content = "\r\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])
        # A name for the certificate, as .NET's X509Certificate2.Thumbprint; nothing rests on its strength.
        return cls(hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(), content)


class ConnectRequest(msgspec.Struct, frozen=True):
    """What a `connect` handler is told of a client that wants in."""

    claims: Mapping[str, object]
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str]]
    subprotocols: Sequence[str]
    certificates: Sequence[ClientCertificate] = ()


def connect_body(request: ConnectRequest, *, legacy_claim_names: bool = True) -> bytes:
    """The body of `connect`: every value a list of texts, credentials left out."""
    claims = {name: _claim_texts(value) for name, value in request.claims.items()}
    if legacy_claim_names:
        _add_legacy_names(claims)
    query = [(name, value) for name, value in request.query if name.lower() != _HIDDEN_PARAMETER]
    headers = [
        (_HEADER_NAMES.get(name.lower(), name), value)
        for name, value in request.headers
        if name.lower() != _HIDDEN_HEADER
    ]
    return msgspec.json.encode(
        {
            "claims": claims,
            "query": _grouped(query),
            "headers": _grouped(headers),
            "subprotocols": request.subprotocols,
            "clientCertificates": request.certificates,
        }
    )


def _add_legacy_names(claims: dict[str, list[str]]) -> None:
    if "role" in claims:
        claims.setdefault(_ROLE_CLAIM, claims["role"])
    if "sub" in claims:
        for name in _USER_ID_CLAIMS:
            claims.setdefault(name, claims["sub"])


def _claim_texts(value: object) -> list[str]:
    return [_claim_text(item) for item in value] if isinstance(value, list | tuple) else [_claim_text(value)]


def _claim_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """All values of each name in their order; names that differ only in case are one, in its first spelling."""
    spellings: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(spellings.setdefault(name.lower(), name), []).append(value)
    return values


def _lower_keys(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Header names have no case; of keys that differ in nothing else the last one counts."""
    return {key.lower(): value for key, value in metadata.items()} if metadata else metadata


def _odd_header(headers: Iterable[tuple[str, str]]) -> str:
    return next(name for name, value in headers if _HEADER_TEXT.fullmatch(value) is None)


@lru_cache(maxsize=16)
def _utc_time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
