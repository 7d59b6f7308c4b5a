"""Which operation a method and a path mean. Paths are cut at `/` before they are decoded, so that names may hold one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from linarite.http.data_plane.errors import ApiError
from linarite.http.data_plane.operations import Answer, Operations
from linarite.http.data_plane.requests import ApiRequest

__all__ = ["Operation", "Route", "find_route"]

Operation = Callable[[Operations, ApiRequest], Awaitable[Answer]]


class Route(NamedTuple):
    """An operation, and the names in the path, decoded."""

    operation: Operation
    names: Mapping[str, str]
    is_public: bool
    """Whether the call needs no token."""


class _Node:
    __slots__ = ("by_method", "literals", "parameter", "parameter_name")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.parameter_name = ""
        self.by_method: dict[str, Operation] = {}


_HEALTH = "/api/health"
_TABLE: tuple[tuple[str, str, Operation], ...] = (
    ("HEAD", _HEALTH, Operations.health),
    ("POST", "/api/hubs/{hub}/:addToGroups", Operations.add_connections_to_groups),
    ("POST", "/api/hubs/{hub}/:removeFromGroups", Operations.remove_connections_from_groups),
    ("POST", "/api/hubs/{hub}/:closeConnections", Operations.close_all),
    ("POST", "/api/hubs/{hub}/:generateToken", Operations.generate_client_token),
    ("POST", "/api/hubs/{hub}/:send", Operations.send_to_all),
    ("HEAD", "/api/hubs/{hub}/connections/{connectionId}", Operations.connection_exists),
    ("DELETE", "/api/hubs/{hub}/connections/{connectionId}", Operations.close_connection),
    ("POST", "/api/hubs/{hub}/connections/{connectionId}/:send", Operations.send_to_connection),
    (
        "DELETE",
        "/api/hubs/{hub}/connections/{connectionId}/groups",
        Operations.remove_connection_from_all_groups,
    ),
    ("HEAD", "/api/hubs/{hub}/groups/{group}", Operations.group_exists),
    ("POST", "/api/hubs/{hub}/groups/{group}/:closeConnections", Operations.close_group),
    ("POST", "/api/hubs/{hub}/groups/{group}/:send", Operations.send_to_group),
    ("GET", "/api/hubs/{hub}/groups/{group}/connections", Operations.list_connections_in_group),
    ("PUT", "/api/hubs/{hub}/groups/{group}/connections/{connectionId}", Operations.add_connection_to_group),
    (
        "DELETE",
        "/api/hubs/{hub}/groups/{group}/connections/{connectionId}",
        Operations.remove_connection_from_group,
    ),
    ("HEAD", "/api/hubs/{hub}/groups/{group}/users/{userId}", Operations.user_in_group),
    (
        "PUT",
        "/api/hubs/{hub}/permissions/{permission}/connections/{connectionId}",
        Operations.grant_permission,
    ),
    (
        "HEAD",
        "/api/hubs/{hub}/permissions/{permission}/connections/{connectionId}",
        Operations.check_permission,
    ),
    (
        "DELETE",
        "/api/hubs/{hub}/permissions/{permission}/connections/{connectionId}",
        Operations.revoke_permission,
    ),
    ("HEAD", "/api/hubs/{hub}/users/{userId}", Operations.user_exists),
    ("POST", "/api/hubs/{hub}/users/{userId}/:closeConnections", Operations.close_user),
    ("POST", "/api/hubs/{hub}/users/{userId}/:send", Operations.send_to_user),
    ("DELETE", "/api/hubs/{hub}/users/{userId}/groups", Operations.remove_user_from_all_groups),
    ("PUT", "/api/hubs/{hub}/users/{userId}/groups/{group}", Operations.add_user_to_group),
    ("DELETE", "/api/hubs/{hub}/users/{userId}/groups/{group}", Operations.remove_user_from_group),
)


def _build_tree() -> _Node:
    root = _Node()
    for method, path, operation in _TABLE:
        node = root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                if node.parameter is None:
                    node.parameter = _Node()
                    node.parameter_name = segment[1:-1]
                node = node.parameter
            else:
                node = node.literals.setdefault(segment.lower(), _Node())
        node.by_method[method] = operation
    return root


_ROOT = _build_tree()


# Servers call the same few addresses over and over.
@lru_cache(maxsize=2048)
def find_route(method: str, raw_path: bytes) -> Route | ApiError:
    """The route, or the error that answers: 404 for an unknown path, 405 for another method of a known one."""
    node, names = _ROOT, {}
    for segment in raw_path.decode("latin-1").split("/")[1:]:
        following = node.literals.get(segment.lower())
        if following is None and node.parameter is not None:
            names[node.parameter_name] = unquote(segment)
            following = node.parameter
        if following is None:
            return ApiError(404)
        node = following
    operation = node.by_method.get(method)
    if operation is not None:
        return Route(operation, names, is_public=operation is Operations.health)
    if not node.by_method:
        return ApiError(404)
    return ApiError(405, headers=(("allow", ", ".join(sorted(node.by_method))),))
