"""From a method and a path to an operation."""

from __future__ import annotations

import gc

import pytest

from linarite.http.data_plane import routes
from linarite.http.data_plane.operations import Operations
from linarite.http.data_plane.routes import Route, Unrouted, find_route


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (b"/api/hubs/chat/groups/a%2Fb%20c/users/%C3%A9", {"hub": "chat", "group": "a/b c", "userId": "é"}),
        (b"/API/Hubs/chat/GROUPS/Room/Users/u", {"hub": "chat", "group": "Room", "userId": "u"}),
        (b"/api/hubs/chat/groups/a+b/users/%2B", {"hub": "chat", "group": "a+b", "userId": "+"}),
        (b"/api/hubs/chat/groups/%252F/users/:send", {"hub": "chat", "group": "%2F", "userId": ":send"}),
        (
            b"/api/hubs/chat/groups/groups/users/connections",
            {"hub": "chat", "group": "groups", "userId": "connections"},
        ),
        (b"/api/hubs/chat/groups//users/", {"hub": "chat", "group": "", "userId": ""}),
    ],
)
def test_names_are_cut_out_before_they_are_decoded(path: bytes, names: dict[str, str]) -> None:
    """Words of the API compare without case, names as they stand; a slash in a name parts nothing."""
    assert find_route("HEAD", path) == Route(Operations.user_in_group, names, is_public=False)


@pytest.mark.parametrize("path", [b"/api/hubs/chat/:send", b"/api/hubs/chat/%3Asend", b"/api/hubs/chat/%3a%53END"])
def test_words_of_the_api_may_be_percent_encoded(path: bytes) -> None:
    """A client that encodes every reserved character encodes the colon too, and was answered 404."""
    assert find_route("POST", path) == Route(Operations.send_to_all, {"hub": "chat"}, is_public=False)


def test_only_health_is_public() -> None:
    assert find_route("HEAD", b"/api/health") == Route(Operations.health, {}, is_public=True)


@pytest.mark.parametrize(
    "path",
    [
        b"/api/",
        b"/api/hubs",
        b"/api/hubs/chat",
        b"/api/hubs/chat/",
        b"/api/hubs/chat/:sendAll",
        b"/api/hubs/chat/:send/",
        b"/api/hubs/chat/groups",
        b"/api/hubs/chat/groups/a/b",
        b"/api/hubs/a%2F:send",
        b"/api/health/x",
        b"/api//hubs/chat/:send",
    ],
)
def test_unknown_path_has_no_methods(path: bytes) -> None:
    assert find_route("POST", path) == Unrouted()


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [
        ("GET", b"/api/health", ("HEAD",)),
        ("GET", b"/api/hubs/chat/:send", ("POST",)),
        ("POST", b"/api/hubs/chat/connections/c", ("DELETE", "HEAD")),
        ("PATCH", b"/api/hubs/chat/permissions/sendToGroup/connections/c", ("DELETE", "HEAD", "PUT")),
    ],
)
def test_known_path_tells_its_methods(method: str, path: bytes, methods: tuple[str, ...]) -> None:
    assert find_route(method, path) == Unrouted(methods)


def test_long_paths_are_not_remembered() -> None:
    """Whoever has no token could have the server keep 2,048 paths of any length."""
    path = b"/api/hubs/chat/users/" + b"u" * 5000
    find_route("HEAD", path)
    assert path not in gc.get_referents(*gc.get_referents(routes._remembered))
    assert find_route("HEAD", path) is not find_route("HEAD", path)
    assert find_route("HEAD", path[:40]) is find_route("HEAD", path[:40])
