"""One REST call as the operations see it: its path's names, its parameters, its body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from linarite.access.tokens import bearer_of
from linarite.domain.commands import HubAddress
from linarite.domain.filters import Filter, FilterError, compile_filter
from linarite.domain.names import InvalidName, is_valid_group_name, parse_hub_name
from linarite.http.asgi import Receive
from linarite.http.data_plane.errors import ApiError, bad_request
from linarite.resources.model import Resource
from linarite.sockets.forwarded import RequestAddress

__all__ = ["ApiRequest", "Limits", "bearer_of_call", "parse_query"]


# Stable versions, and the previews that published tools still send (`az webpubsub service` of older extensions).
_VERSIONS = frozenset(
    (
        "2021-05-01-preview",
        "2021-08-01-preview",
        "2021-10-01",
        "2022-11-01",
        "2023-07-01",
        "2024-01-01",
        "2024-12-01",
    )
)
_TTL_LIMIT_SECONDS = 300  # swagger 2024-12-01, messageTtlSeconds
_CALLER_GONE = 499  # nginx's status for it; nobody is there to read the answer
_DIGITS = re.compile(r"[0-9]{1,10}")
# Most calls have one of a few short query strings. Long ones, with lists of excluded connections, differ each time.
_REMEMBERED_QUERIES = 1024
_REMEMBERED_QUERY_BYTES = 256


class Limits(NamedTuple):
    """Bounds of one call; each is the setting of the same name."""

    message_limit_bytes: int
    filter_limit_bytes: int
    filter_depth: int
    excluded_limit: int


def bearer_of_call(headers: Mapping[bytes, bytes]) -> str | None:
    """The token that a call bears, as `bearer_of` reads it."""
    authorization = headers.get(b"authorization")
    return bearer_of(None if authorization is None else authorization.decode("latin-1"))


def parse_query(query: bytes) -> Mapping[str, Sequence[str]]:
    """The parameters of a query string; names compare without case, a name may come several times."""
    return _parse_query(query) if len(query) > _REMEMBERED_QUERY_BYTES else _remembered_query(query)


def _parse_query(query: bytes) -> Mapping[str, Sequence[str]]:
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        parameters.setdefault(name.lower(), []).append(value)
    return parameters


_remembered_query = lru_cache(maxsize=_REMEMBERED_QUERIES)(_parse_query)


class ApiRequest:
    """A call whose route and token are known to be right. Reading from it raises ApiError for what is not valid."""

    __slots__ = (
        "address",
        "body_bytes",
        "headers",
        "is_bearer",
        "limits",
        "names",
        "path",
        "query",
        "receive",
        "resource",
    )

    def __init__(
        self,
        resource: Resource,
        address: RequestAddress,
        path: str,
        names: Mapping[str, str],
        query: Mapping[str, Sequence[str]],
        headers: Mapping[bytes, bytes],
        receive: Receive,
        limits: Limits,
        *,
        is_bearer: bool = False,
    ) -> None:
        """`names` are the decoded segments of the path by their names in the API's documents.

        `is_bearer` says that a bearer token, not an access key's, has opened the call.
        """
        self.resource = resource
        self.address = address
        self.path = path
        self.names = names
        self.query = query
        self.headers = headers
        self.receive = receive
        self.limits = limits
        self.is_bearer = is_bearer
        self.body_bytes = 0
        """How much of the body has been read."""

    # Path

    def at(self) -> HubAddress:
        """The hub that the call is about."""
        try:
            return HubAddress(self.resource.name.lower(), parse_hub_name(self.names["hub"]))
        except InvalidName as error:
            raise bad_request("hub", str(error)) from None

    def group(self) -> str:
        """The group in the path."""
        group = self.names["group"]
        if not is_valid_group_name(group):
            raise bad_request("group", "Invalid group name.")
        return group

    def connection_id(self) -> str:
        """The connection id in the path."""
        return self._segment("connectionId", "Invalid connection ID.")

    def user_id(self) -> str:
        """The user id in the path."""
        return self._segment("userId", "Invalid user ID.")

    def _segment(self, name: str, message: str) -> str:
        value = self.names[name]
        if not value:
            raise bad_request(name, message)
        return value

    # Query

    def check_version(self) -> None:
        """Any version that was ever stable will do, and so will none."""
        version = self.one("api-version")
        if version is not None and version not in _VERSIONS:
            known = ", ".join(sorted(_VERSIONS))
            raise bad_request("api-version", f"Invalid api-version. Expected one of {known}, got '{version[:64]}'.")

    def one(self, name: str) -> str | None:
        """The value of a parameter that may come once."""
        values = self.query.get(name.lower())
        if values is None:
            return None
        if len(values) > 1:
            raise bad_request(name, f"Invalid {name}. Expected one value, got {len(values)}.")
        return values[0]

    def all(self, name: str) -> Sequence[str]:
        """The values of a parameter that may come several times."""
        return self.query.get(name.lower(), ())

    def whole_number(self, name: str, lowest: int, highest: int) -> int | None:
        """A number in a range, None if the parameter is absent."""
        text = self.one(name)
        if text is None:
            return None
        if _DIGITS.fullmatch(text) is None or not lowest <= int(text) <= highest:
            raise bad_request(name, f"Invalid {name}. Expected a whole number from {lowest} to {highest}.")
        return int(text)

    def excluded(self) -> frozenset[str]:
        """Connection ids that a send or a close leaves out."""
        excluded = self.all("excluded")
        if len(excluded) > self.limits.excluded_limit:
            limit = self.limits.excluded_limit
            raise bad_request("excluded", f"Invalid excluded. Expected at most {limit} values, got {len(excluded)}.")
        return frozenset(excluded)

    def ttl_seconds(self) -> int:
        """`messageTtlSeconds`; 0 never expires."""
        text = self.one("messageTtlSeconds")
        if text is None:
            return 0
        if _DIGITS.fullmatch(text) is None or int(text) > _TTL_LIMIT_SECONDS:
            raise bad_request("messageTtlSeconds", "Invalid messageTtlSeconds.")
        return int(text)

    def filter(self) -> Filter | None:
        """The compiled filter of the query, None for all."""
        return self.compiled(self.one("filter"), "filter")

    def compiled(self, text: str | None, target: str) -> Filter | None:
        """A compiled filter; `target` is what an error names."""
        if not text:
            return None
        try:
            return compile_filter(text, limit_bytes=self.limits.filter_limit_bytes, depth=self.limits.filter_depth)
        except FilterError as error:
            raise bad_request(target, str(error)) from None

    # Body

    async def body(self) -> bytes:
        """The whole body, counted while it is read. Raises ApiError for one that is too large."""
        limit = self.limits.message_limit_bytes
        length = self.headers.get(b"content-length")
        if length is not None and (not length.isdigit() or len(length) > 12 or int(length) > limit):
            raise _bad_length()
        parts: list[bytes] = []
        size, is_more = 0, True
        while is_more:
            event = await self.receive()
            if event["type"] != "http.request":
                raise ApiError(_CALLER_GONE)
            parts.append(event.get("body", b""))
            size += len(parts[-1])
            self.body_bytes = size
            if size > limit:
                raise _bad_length()
            is_more = event.get("more_body", False)
        return b"".join(parts)


def _bad_length() -> ApiError:
    return bad_request("Content-Length", "Invalid Content-Length header.")
