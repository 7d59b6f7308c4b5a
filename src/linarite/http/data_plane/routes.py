"""Which operation a method and a path mean. Paths are cut at `/` before they are decoded: a name may hold one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from linarite.http.data_plane.operations import Answer, Operations
from linarite.http.data_plane.requests import ApiRequest

__all__ = ["TEMPLATES", "Operation", "Route", "Unrouted", "find_route"]

Operation = Callable[[Operations, ApiRequest], Awaitable[Answer]]


class Route(NamedTuple):
    """An operation, and the names in the path, decoded."""

    operation: Operation
    names: Mapping[str, str]
    is_public: bool
    """Whether the call needs no token."""


class Unrouted(NamedTuple):
    """No operation: the methods that the path does have, none if it is unknown."""

    methods: tuple[str, ...] = ()


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

TEMPLATES: Mapping[Operation, str] = {operation: path for _, path, operation in _TABLE}
"""The path of each operation, with its parameters in braces: what logs call a route template."""


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
# Servers call the same few addresses over and over. Long ones are not kept: anybody may send them, token or not, and
# the memory for 2,048 of these is a few megabytes.
_REMEMBERED_ROUTES = 2048
_REMEMBERED_PATH_BYTES = 512


def find_route(method: str, raw_path: bytes) -> Route | Unrouted:
    """The operation that a request means, and the names in its path."""
    return _find(method, raw_path) if len(raw_path) > _REMEMBERED_PATH_BYTES else _remembered(method, raw_path)


def _find(method: str, raw_path: bytes) -> Route | Unrouted:
    node, names = _ROOT, {}
    for segment in raw_path.decode("latin-1").split("/")[1:]:
        name = unquote(segment)
        following = node.literals.get(name.lower())
        if following is None and node.parameter is not None:
            names[node.parameter_name] = name
            following = node.parameter
        if following is None:
            return Unrouted()
        node = following
    operation = node.by_method.get(method)
    if operation is None:
        return Unrouted(tuple(sorted(node.by_method)))
    return Route(operation, names, is_public=operation is Operations.health)


_remembered = lru_cache(maxsize=_REMEMBERED_ROUTES)(_find)
