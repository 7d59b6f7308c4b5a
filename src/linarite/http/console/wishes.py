"""What requests to the console say: parameters of lists, and JSON bodies."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request

from linarite.domain.commands import HubAddress
from linarite.domain.inspection import PageWish
from linarite.domain.names import InvalidName, parse_hub_name
from linarite.http.console.door import Refused
from linarite.resources.model import Resource
from linarite.resources.registry import Registry

__all__ = ["bad_request", "body_of", "hub_of", "page_of", "resource_of"]

_DEFAULT_LIMIT, _MOST_LIMIT = 50, 200
_SEARCH_LIMIT = 1024
# The largest message that the service takes is 1 MB; as base64 in JSON it is a third longer.
_BODY_LIMIT_BYTES = 2 * 1024 * 1024

T = TypeVar("T")


def bad_request(message: str) -> Refused:
    """A request that says something wrong; the text names what."""
    return Refused(400, "BadRequest", message)


def resource_of(registry: Registry, request: Request) -> Resource:
    """The resource that the request names, else the default one. Raises Refused."""
    name = request.query_params.get("resource")
    resource = registry.default if name is None else registry.get(name)
    if resource is None:
        raise Refused(404, "NotFound", f"There is no resource {str(name)[:80]!r}.")
    return resource


def hub_of(registry: Registry, request: Request) -> HubAddress:
    """The hub that the request names. Raises Refused."""
    resource = resource_of(registry, request)
    try:
        return HubAddress(resource.name.lower(), parse_hub_name(request.path_params["hub"]))
    except InvalidName as error:
        raise bad_request(str(error)) from None


def page_of(request: Request) -> PageWish:
    """The page of a list that the request wants. Raises Refused."""
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= _MOST_LIMIT:
        raise bad_request(f"limit: expected a whole number from 1 to {_MOST_LIMIT}, got {text[:40]!r}.")
    search = request.query_params.get("search", "")
    if len(search) > _SEARCH_LIMIT:
        raise bad_request(f"search: expected at most {_SEARCH_LIMIT} characters, got {len(search)}.")
    return PageWish(int(text), request.query_params.get("cursor") or None, search)


async def body_of(request: Request, kind: type[T]) -> T:
    """The JSON body of the request. Raises Refused."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _BODY_LIMIT_BYTES:
            raise Refused(413, "RequestContentTooLarge", f"Expected a body of at most {_BODY_LIMIT_BYTES} bytes.")
    try:
        return msgspec.json.decode(content, type=kind)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"body: {error}.") from None
