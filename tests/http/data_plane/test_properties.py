"""Whatever callers send: names arrive as they were, nothing ends in a 5xx, and each parser has its one error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from hypothesis import example, given
from hypothesis import strategies as st
from tests.http.data_plane.calls import CALLS, Call
from tests.http.data_plane.conftest import unread_frames
from tests.http.data_plane.exchange import Api
from tests.running_server import Client, RunningServer

from linarite.domain.commands import HubAddress
from linarite.domain.messages import DataType
from linarite.http.data_plane.content import Content, parse_content_type, read_content
from linarite.http.data_plane.errors import ApiError
from linarite.http.data_plane.paging import make_continuation_token, read_continuation_token
from linarite.http.data_plane.requests import parse_query
from linarite.http.data_plane.routes import Route, find_route

in_the_loop_of_the_module = pytest.mark.asyncio(loop_scope="module")

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
groups = names.filter(lambda name: not name.isspace())


# Names


@given(user=names, group=names)
def test_names_in_a_path_come_back_as_they_were(user: str, group: str) -> None:
    path = f"/api/hubs/chat/groups/{quote(group, safe='')}/users/{quote(user, safe='')}"
    route = find_route("HEAD", path.encode())
    assert isinstance(route, Route)
    assert route.names == {"hub": "chat", "group": group, "userId": user}


@given(st.lists(st.tuples(names, st.text(st.characters(exclude_categories=["Cs"]))), max_size=5))
def test_parameters_come_back_as_they_were(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name.lower(), []).append(value)
    assert parse_query(query.encode()) == expected


@in_the_loop_of_the_module
@given(user=names, group=groups)
async def test_user_and_group_of_any_name_are_found(server: RunningServer, user: str, group: str) -> None:
    """Over WebSocket and over REST it is one user and one group."""
    api = Api(server)
    client = await server.connect("names", user=user, groups=[group])
    path = f"/api/hubs/names/groups/{quote(group, safe='')}/users/{quote(user, safe='')}"
    assert (await api("HEAD", path)).status == 200
    await api.send_text(f"/api/hubs/names/users/{quote(user, safe='')}/:send", user)
    assert (await client.message())["data"] == user
    await api("DELETE", f"/api/hubs/names/connections/{client.connection_id}?reason={quote(user, safe='')}")
    assert (await client.message())["message"] == f"Application server closed the connection. Reason: {user}"
    await client.closed()


# Anything at all


parameter_names = st.sampled_from(
    [
        *("api-version", "excluded", "filter", "messageTtlSeconds", "reason", "userId", "role", "group"),
        *("minutesToExpire", "clientType", "maxpagesize", "top", "continuationToken", "targetName"),
    ]
)
values = st.one_of(
    names,
    st.text(alphabet="()'\\,+-eqandornotintrue userIdlength0123456789", max_size=30),
    st.integers().map(str),
)
parameters = st.tuples(parameter_names, values).map(lambda pair: f"{pair[0]}={quote(pair[1], safe='')}")
url_characters = "".join(map(chr, range(0x21, 0x7F))).replace("#", "")
queries = st.one_of(st.lists(parameters, max_size=4).map("&".join), st.text(url_characters, max_size=60))
bodies = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda groups, chosen: json.dumps({"groups": groups, "filter": chosen}).encode(),
        st.lists(st.text(max_size=5), max_size=3),
        st.one_of(st.none(), values),
    ),
)
content_types = st.one_of(
    st.sampled_from(["text/plain", "application/json", "application/octet-stream", None]),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20).map("text/plain; charset={}".format),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def listeners(server: RunningServer) -> list[Client]:
    """A client of each kind, so that whatever is accepted also goes out."""
    return [
        await server.connect("anything", user="u", groups=["g"]),
        await server.connect("anything", subprotocol=None),
    ]


@in_the_loop_of_the_module
@given(call=st.sampled_from(CALLS), query=queries, body=bodies, content_type=content_types, other=names)
@example(CALLS[4], "", b"+2AA-", "text/plain; charset=utf-7", "other")
@example(CALLS[4], "", b"x", "text/plain; charset=idna", "other")
async def test_nothing_that_is_sent_makes_the_server_fail(
    server: RunningServer,
    listeners: list[Client],
    call: Call,
    query: str,
    body: bytes,
    content_type: str | None,
    other: str,
) -> None:
    """Neither in a hub that has clients, who stay connected, nor in one of any other name."""
    api = Api(server)
    path, _, needed = call.path.partition("?")
    for hub in (quote(other, safe=""), *(["anything"] if "closeConnections" not in path else [])):
        target = f"/api/hubs/{hub}{path}"
        token = server.token("anything", aud=api.url(target))
        with Failures() as failed:
            reply = await api(call.method, f"{target}?{needed}&{query}", body, content_type, version=None, token=token)
        assert (reply.status < 500, failed) == (True, []), reply
    for client in listeners:
        await unread_frames(client)


class Failures(logging.Handler):
    """The errors that the server writes to its log while this is open."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def __enter__(self) -> list[logging.LogRecord]:
        logging.getLogger().addHandler(self)
        return self.records

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)


@in_the_loop_of_the_module
@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=80))
@example("Bearer eyJhbGciOiJIUzI1NiJ9.bnVsbA.AAAA")
@example("Bearer ..")
@example("bearer \xff.\xff.\xff")
async def test_no_authorization_that_somebody_makes_up_opens_anything(server: RunningServer, value: str) -> None:
    reply = await Api(server)("HEAD", "/api/hubs/chat/users/u", token=None, headers={"Authorization": value})
    assert reply.status == 401
    assert (reply.header("www-authenticate") or "").startswith("Bearer")


# Parsers


def refusal(parse: Callable[[], object]) -> int | None:
    """The status that a parser answers with, None if it takes what it is given."""
    try:
        parse()
    except ApiError as error:
        return error.status
    return None


@given(st.one_of(st.binary(max_size=60), content_types.map(lambda text: (text or "").encode("latin-1"))))
def test_media_type_is_read_or_refused(header: bytes) -> None:
    assert refusal(lambda: parse_content_type(header)) in (None, 415)


encodings = st.sampled_from(
    [None, "utf-16", "utf-16le", "utf-32", "ascii", "iso8859-1", "cp1252", "gb18030", "iso-2022-jp"]
)


@given(encoding=encodings, kind=st.sampled_from([DataType.TEXT, DataType.JSON]), body=st.binary(max_size=40))
def test_text_of_any_encoding_becomes_utf8(encoding: str | None, kind: DataType, body: bytes) -> None:
    refused = refusal(lambda: read_content(Content(kind, encoding), body).decode())
    assert refused is None or (refused, kind) == (400, DataType.JSON)


json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace"))


@st.composite
def nearly_json(draw: st.DrawFn) -> bytes:
    """A JSON text with a few bytes cut out or put in."""
    text = draw(json_texts)
    at = draw(st.integers(0, len(text)))
    cut = draw(st.integers(0, 3))
    return (
        text[:at]
        + draw(st.binary(max_size=3) | st.sampled_from([b"\\u", b"\\ud800", b"\\n", b"1e9999", b"NaN"]))
        + text[at + cut :]
    )


def is_json(body: bytes) -> bool:
    """What the standard library says, but for its words that are not JSON's."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        json.loads(body.decode(), parse_constant=refuse, parse_int=str, parse_float=str)
    except ValueError:
        return False
    return True


@given(st.one_of(json_texts, nearly_json(), st.binary(max_size=20)))
@example(b'"\\ud83d"')
@example(b"\xef\xbb\xbf1")
def test_json_is_taken_unchanged_and_nothing_else(body: bytes) -> None:
    assert refusal(lambda: read_content(Content(DataType.JSON), body)) == (None if is_json(body) else 400)
    assert not is_json(body) or read_content(Content(DataType.JSON), body) == body


@given(group=names, after=names, at=st.integers(0, 500), flip=st.integers(1, 255))
def test_continuation_token_says_where_to_go_on_and_nobody_changes_it(
    group: str, after: str, at: int, flip: int
) -> None:
    hub = HubAddress("resource", "hub")
    token = make_continuation_token("salt", hub, group, after)
    assert read_continuation_token("salt", hub, group, token) == after
    at %= len(token) - 1  # the last character may hold bits that mean nothing
    other = token[:at] + chr(ord(token[at]) ^ flip) + token[at + 1 :]
    for wrong in ((hub, group, other), (hub, group + "x", token), (HubAddress("resource", "hub2"), group, token)):
        with pytest.raises(ApiError) as caught:
            read_continuation_token("salt", *wrong)
        assert caught.value.status == 400
