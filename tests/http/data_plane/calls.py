"""Every call of the API, and how it answers where nobody is connected; and a call without a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from linarite.http.data_plane.requests import ApiRequest, Limits, parse_query
from linarite.resources.model import AccessKeys, Resource
from linarite.sockets.forwarded import RequestAddress


class Call(NamedTuple):
    """A call to a hub without connections; `path` starts behind the hub's name."""

    method: str
    path: str
    status: int
    body: str | None = None
    content_type: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


GROUPS = ('{"groups":["g"]}', "application/json")
TEXT = ("hi", "text/plain")
PERMISSION = "/permissions/sendToGroup/connections/c?targetName=g"

CALLS = (
    Call("POST", "/:addToGroups", 200, *GROUPS),
    Call("POST", "/:removeFromGroups", 200, *GROUPS),
    Call("POST", "/:closeConnections", 204),
    Call("POST", "/:generateToken", 200),
    Call("POST", "/:send", 202, *TEXT),
    Call("HEAD", "/connections/c", 404),
    Call("DELETE", "/connections/c", 204),
    Call("POST", "/connections/c/:send", 202, *TEXT),
    Call("DELETE", "/connections/c/groups", 204),
    Call("HEAD", "/groups/g", 404),
    Call("POST", "/groups/g/:closeConnections", 204),
    Call("POST", "/groups/g/:send", 202, *TEXT),
    Call("GET", "/groups/g/connections", 200),
    Call("PUT", "/groups/g/connections/c", 404),
    Call("DELETE", "/groups/g/connections/c", 204),
    Call("HEAD", "/groups/g/users/u", 404),
    Call("PUT", PERMISSION, 404),
    Call("HEAD", PERMISSION, 404),
    Call("DELETE", PERMISSION, 204),
    Call("HEAD", "/users/u", 404),
    Call("POST", "/users/u/:closeConnections", 204),
    Call("POST", "/users/u/:send", 202, *TEXT),
    Call("DELETE", "/users/u/groups", 204),
    Call("PUT", "/users/u/groups/g", 404),
    Call("DELETE", "/users/u/groups/g", 204),
)

GONE = b"the caller has gone"
KEYS = AccessKeys("primary key of thirty-two bytes or more", "secondary", "salt")


def a_call(query: bytes = b"", parts: Sequence[bytes] = (b"x",), limit_bytes: int = 1024) -> ApiRequest:
    """Give a call to the hub `Chat` of the resource `One` whose body comes in parts; `GONE` is their end too soon."""
    events: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if parts and parts[-1] is not GONE:
        events[-1]["more_body"] = False

    async def receive() -> dict[str, Any]:
        event = events.pop(0)
        return {"type": "http.disconnect"} if event["body"] is GONE else event

    address = RequestAddress("http", "10.0.0.1:8080", "10.0.0.2")
    limits = Limits(limit_bytes, 1024, 10, 10)
    resource = Resource(name="One", keys=KEYS)
    return ApiRequest(resource, address, "/api", {"hub": "Chat"}, parse_query(query), {}, receive, limits)
