"""Who may open a WebSocket, as what: the checks before the 101, in the service's order.

WebSocket? -> hub -> network rules -> token -> the token's groups -> what a plain client's messages mean -> quota. Each
refusal is an HTTP answer; no connection that is refused ever shows in a hub. (concept-client-protocols; statuses in
docs/reference/clients.md.)
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from linarite.access.entrance import Entrance
from linarite.access.tokens import Claims, TokenRefused, bearer_of
from linarite.domain.close_categories import CloseCategory, category_of_status
from linarite.domain.names import InvalidName, is_valid_group_name, parse_hub_name
from linarite.hubs.plain_clients import PlainMode, PlainPublish
from linarite.resources.model import HubSettings, Resource
from linarite.resources.network_rules import RequestType

__all__ = [
    "Admission",
    "ConnectionRequest",
    "RecoveryRequest",
    "Refused",
    "addressed_hub",
    "addressed_resource",
    "admit",
    "challenge",
    "check_open",
    "recovery_of",
]

_log = logging.getLogger(__name__)

_HUB_PREFIX = ("client", "hubs")
_RECOVERY_PARAMETER = "awps_connection_id"


class Refused(Exception):
    """The HTTP answer to a connection request that may not become a WebSocket."""

    def __init__(
        self,
        status: int,
        text: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        content_type: str | None = "text/plain; charset=utf-8",
        category: CloseCategory | None = None,
    ) -> None:
        """`body` is for answers that are not ours; else the text is the body.

        Metrics count it under `category`, by default the one that most often has this status.
        """
        super().__init__(text)
        self.category = category or category_of_status(status)
        self.status = status
        self.body = text.encode() if body is None else body
        self.content_type = content_type
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """An upgrade request as it arrived: `path` percent-encoded, `host` the authority that the client named."""

    path: str
    query: str
    host: str
    authorization: str | None
    client: str = ""
    scheme: str = "http"


@dataclass(frozen=True, slots=True)
class Admission:
    """What a new connection is, as far as its request decides."""

    resource: Resource
    hub_settings: HubSettings
    hub: str
    user_id: str | None
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    plain: PlainPublish | None
    claims: Mapping[str, object]
    query: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """What a client says that wants its connection back: `awps_connection_id` and `awps_reconnection_token`."""

    hub: str
    connection_id: str
    token: str


def recovery_of(request: ConnectionRequest) -> RecoveryRequest | None:
    """Which connection is to be recovered, None if a new one is wanted. Raises Refused.

    Of such a request nothing else counts: client libraries leave the old access token in it.
    """
    if _RECOVERY_PARAMETER not in request.query:
        return None
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    connection_id = parameters.get(_RECOVERY_PARAMETER)
    token = parameters.get("awps_reconnection_token")
    if not connection_id or token is None:
        return None
    hub, _ = _hub(request.path, parameters)
    return RecoveryRequest(hub, connection_id, token)


def admit(request: ConnectionRequest, entrance: Entrance, groups_limit: int) -> Admission:
    """What the connection may be. Raises Refused."""
    query = parse_qsl(request.query, keep_blank_values=True)
    parameters = dict(query)  # of a repeated parameter the last value counts
    hub, as_sent = _hub(request.path, parameters)
    token = _token(parameters, request.authorization)
    resource = entrance.resource_of(request.host, token)
    check_open(resource, request.client)
    settings = resource.hub(hub)
    claims = _claims(request, entrance, resource, settings, token, as_sent)
    groups = claims.groups if claims is not None else ()
    if not all(map(is_valid_group_name, groups)):
        raise Refused(400, "The token contains an invalid group name.")
    if len(groups) > groups_limit:
        raise Refused(400, f"The token names {len(groups)} groups, more than the {groups_limit} of a connection.")
    return Admission(
        resource,
        settings,
        hub,
        claims.user_id if claims is not None else None,
        claims.roles if claims is not None else (),
        groups,
        _plain_publish(parameters),
        claims.everything if claims is not None else {},
        query,
    )


def addressed_resource(request: ConnectionRequest, entrance: Entrance) -> Resource:
    """The resource that the request belongs to, whether it is let in or not."""
    parameters = dict(parse_qsl(request.query, keep_blank_values=True))
    return entrance.resource_of(request.host, _token(parameters, request.authorization))


def addressed_hub(request: ConnectionRequest) -> str:
    """The hub that the request names, whether it is let in or not; empty if it names none."""
    try:
        return _hub(request.path, dict(parse_qsl(request.query, keep_blank_values=True)))[0]
    except Refused:
        return ""


def check_open(resource: Resource, client: str) -> None:
    """Raise Refused unless the resource is running and its network rules let clients from that address in."""
    if resource.is_stopped:
        raise Refused(503, "The resource is stopped.")
    if not resource.network_rules.admits(RequestType.CLIENT_CONNECTION, client):
        _log.info("client refused: network rules", extra={"resource": resource.name, "client": client})
        raise Refused(403, "The network rules of the resource do not let this client in.")


def challenge(refused: TokenRefused | None) -> str:
    """The `WWW-Authenticate` of a 401: which check failed, what was expected and what came (RFC 6750, section 3)."""
    if refused is None or refused.check == "presence":
        return "Bearer"
    text = f"{refused.check}: {refused}"
    printable = "".join(char if " " <= char <= "~" and char not in '"\\' else "'" for char in text)
    return f'Bearer error="invalid_token", error_description="{printable}"'


def _hub(path: str, parameters: Mapping[str, str]) -> tuple[str, str]:
    """The hub's name, and its segment as the client sent it."""
    segments = [part for part in path.split("/") if part]
    if tuple(segments[:2]) == _HUB_PREFIX and len(segments) <= 3:
        as_sent = segments[2] if len(segments) == 3 else ""
        name = unquote(as_sent)
    elif segments == ["client"]:
        name = parameters.get("hub", "")
        as_sent = quote(name, safe="")
    else:
        raise Refused(404)
    try:
        return parse_hub_name(name), as_sent
    except InvalidName as error:
        raise Refused(400, str(error)) from None


def _token(parameters: Mapping[str, str], authorization: str | None) -> str | None:
    """The token in the query, which wins, or in the header."""
    token = parameters.get("access_token")
    return bearer_of(authorization) if token is None else token


def _claims(
    request: ConnectionRequest,
    entrance: Entrance,
    resource: Resource,
    settings: HubSettings,
    token: str | None,
    hub_as_sent: str,
) -> Claims | None:
    """The token's claims, None for a connection that comes without one and may. A wrong token is always refused."""
    if token is None and settings.anonymous_connect_allowed:
        return None
    paths = [f"/client/hubs/{hub_as_sent}"]
    if request.path.rstrip("/") == "/client":
        paths.append("/client")
    try:
        return entrance.check(resource, token, request.host, paths, ignore_case=True)
    except TokenRefused as refused:
        _log.info(
            "client refused: %s",
            refused,
            extra={"hub": hub_as_sent, "resource": resource.name, "check": refused.check},
        )
        raise Refused(401, headers={"WWW-Authenticate": challenge(refused)}) from refused


def _plain_publish(parameters: Mapping[str, str]) -> PlainPublish | None:
    """Where a plain client publishes, None if its messages are events (concept-client-protocols, `webpubsub_mode`)."""
    mode = parameters.get("webpubsub_mode", "").lower()
    if mode in ("", PlainMode.SEND_EVENT.value.lower()):
        return None
    if mode != PlainMode.SEND_TO_GROUP.value.lower():
        raise Refused(400, "Invalid webpubsub_mode. Expected sendEvent or sendToGroup.")
    group = parameters.get("group", "")
    if not is_valid_group_name(group):
        raise Refused(400, "Invalid group. Expected 1 to 1024 characters, not only white space.")
    no_echo = parameters.get("noEcho", "false").lower()
    if no_echo not in ("true", "false"):
        raise Refused(400, "Invalid noEcho. Expected true or false.")
    return PlainPublish(group, no_echo == "true")
