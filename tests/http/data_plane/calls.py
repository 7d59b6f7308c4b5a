"""Every call of the API: what it is, and how it answers where nobody is connected and all is well."""

from __future__ import annotations

from typing import NamedTuple


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
