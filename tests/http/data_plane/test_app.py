"""What every answer of the data plane has in common: status, headers, versions."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections import Counter
from pathlib import Path

import pytest
from tests.http.data_plane.calls import CALLS, Call
from tests.http.data_plane.exchange import Api, Reply, exchange, request_bytes
from tests.running_server import DEADLINE_SECONDS, running_server
from tests.signing import signed

from linarite.http.data_plane.errors import ApiError

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUPPORTED_VERSIONS = "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01"
every_call = pytest.mark.parametrize("call", CALLS, ids=str)


async def test_health_needs_no_token_and_has_no_body(api: Api) -> None:
    reply = await api("HEAD", "/api/health", token=None)
    assert (reply.status, reply.header("content-length")) == (200, "0")


@every_call
async def test_every_call_is_served(api: Api, hub: str, call: Call) -> None:
    """The 25 calls but health, and our own; absent targets are success, but for adding, granting and asking.

    Nobody is connected; the list of versions comes with each answer.
    """
    reply = await api(call.method, f"/api/hubs/{hub}{call.path}", call.body, call.content_type)
    assert reply.status == call.status
    assert reply.header("api-supported-versions") == SUPPORTED_VERSIONS
    assert (reply.error_code is not None) == (call.status == 404)


@every_call
async def test_every_call_but_health_wants_a_token(api: Api, hub: str, call: Call) -> None:
    """No header."""
    reply = await api(call.method, f"/api/hubs/{hub}{call.path}", call.body, call.content_type, token=None)
    assert (reply.status, reply.body, reply.header("www-authenticate")) == (401, b"", "Bearer")
    assert reply.header("api-supported-versions") is None


@every_call
async def test_every_call_checks_its_hub_after_the_token(api: Api, call: Call) -> None:
    """400 with a token, 401 without."""
    path = f"/api/hubs/1chat{call.path}"
    reply = await api(call.method, path, call.body, call.content_type)
    assert (reply.status, reply.error_code) == (400, "Error.BadRequest")
    assert (await api(call.method, path, call.body, call.content_type, token=None)).status == 401


@every_call
async def test_every_call_checks_its_version(api: Api, hub: str, call: Call) -> None:
    """The one answer that lacks the list of versions."""
    reply = await api(call.method, f"/api/hubs/{hub}{call.path}", call.body, call.content_type, version="2099-01-01")
    assert (reply.status, reply.error_code) == (400, "Error.BadRequest")
    assert reply.header("api-supported-versions") is None


@pytest.mark.parametrize(
    ("version", "more", "status"),
    [
        (None, "", 202),
        ("2021-05-01-preview", "", 202),
        ("2021-08-01-preview", "", 202),
        ("2021-10-01", "", 202),
        ("2022-11-01", "", 202),
        ("2023-07-01", "", 202),
        ("2024-01-01", "", 202),
        ("2024-12-01", "&messageTtlSeconds=5&filter=true&unknown=1&unknown=2", 202),
        (None, "&API-Version=2024-12-01", 202),
        (None, "&messageTtlSeconds=5&api-version=2024-12-01", 202),
        ("2024-12-01", "&api-version=2024-12-01", 400),
        ("", "", 400),
        ("2024-12-01%20", "", 400),
    ],
)
async def test_versions_that_were_published_or_none_are_taken(
    api: Api, hub: str, version: str | None, more: str, status: int
) -> None:
    """The parameter may stand anywhere, once; parameters that nobody knows are ignored."""
    reply = await api("POST", f"/api/hubs/{hub}/:send?{more.removeprefix('&')}", "x", "text/plain", version=version)
    assert reply.status == status


async def test_unknown_path_is_answered_404_without_body(api: Api, hub: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/:sendAll", "x", "text/plain", token=None)
    assert (reply.status, reply.body, reply.header("content-length")) == (404, b"", "0")
    assert (reply.error_code, reply.header("api-supported-versions")) == (None, None)


async def test_other_method_is_answered_405_with_those_allowed(api: Api, hub: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/connections/c", token=None)
    assert (reply.status, reply.body, reply.header("allow")) == (405, b"", "DELETE, HEAD")


async def test_calls_that_find_no_operation_leave_nothing_behind(api: Api, hub: str) -> None:
    """One exception was kept and raised for each such call: its traceback grew by two frames, headers and all."""
    for _ in range(5):
        await api("GET", f"/api/hubs/{hub}/nothing", token=None)
        await api("GET", f"/api/hubs/{hub}/:send", token=None)
    gc.collect()
    kept = Counter(type(one) for one in gc.get_objects())
    assert kept[ApiError] == 0


async def test_fault_of_the_server_is_one_call_s_and_told_in_its_log(
    api: Api, hub: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(command: object) -> None:
        raise RuntimeError("broken on purpose")

    path = f"/api/hubs/{hub}/:send"
    token = api.server.token(hub, aud=api.url(path))
    with monkeypatch.context() as broken:
        broken.setattr(api.server.server._backplane, "publish", fail)
        reply = await api("POST", f"{path}?reason=secret", "hi", "text/plain", token=token)
    assert (reply.status, reply.body) == (
        500,
        b'{"code":"Error.InternalServerError","message":"Internal server error.","target":null,"details":null,'
        b'"innererror":null}',
    )
    assert (reply.error_code, reply.header("retry-after")) == ("Error.InternalServerError", None)
    (record,) = caplog.records
    assert (record.message, record.__dict__["fields"]) == ("call failed", {"method": "POST", "path": path})
    assert "broken on purpose" in caplog.text
    assert token not in caplog.text
    assert (await api("POST", path, "hi", "text/plain", token=token)).status == 202


# The recorded bodies, byte for byte


@pytest.mark.parametrize(
    ("method", "path", "length", "body"),
    [
        (
            "PUT",
            "/permissions/sendToGroup/connections/xxx?targetName=g",
            135,
            b'{"code":"Info.Connection.NotExisted","message":"Connection `xxx` is not found.",'
            b'"target":"Connection","details":null,"innererror":null}',
        ),
        (
            "PUT",
            "/users/some_user/groups/g",
            126,
            b'{"code":"Warning.User.NotExisted","message":"User `some_user` is not found.",'
            b'"target":"User","details":null,"innererror":null}',
        ),
        (
            "PUT",
            "/groups/g/connections/xxxx",
            137,
            b'{"code":"Error.Connection.NotExisted","message":"Connection `xxxx` is not found.",'
            b'"target":"Connection","details":null,"innererror":null}',
        ),
    ],
)
async def test_absent_target_of_a_change_has_the_recorded_body(
    api: Api, hub: str, method: str, path: str, length: int, body: bytes
) -> None:
    reply = await api(method, f"/api/hubs/{hub}{path}")
    assert (reply.status, len(reply.body), reply.body) == (404, length, body)
    assert reply.header("content-type") == "application/json; charset=utf-8"
    assert reply.error_code == reply.json()["code"]


async def test_wrong_filter_has_the_recorded_body(api: Api, hub: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/:send?filter=invalid%20filter", "x", "text/plain")
    assert (reply.status, len(reply.body)) == (400, 416)
    assert reply.body == (
        b'{"code":"Error.BadRequest","message":"Invalid syntax for \'invalid filter\': Syntax error at position 14 in '
        b'\'invalid filter\'. (Parameter \'filter\')","target":"filter","errors":{"filter":["Invalid syntax for '
        b"'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')\"]},"
        b'"type":null,"title":"One or more validation errors occurred.","status":400,"detail":null,"instance":null,'
        b'"extensions":{}}'
    )
    assert reply.header("content-type") == "application/problem+json; charset=utf-8"
    assert reply.error_code == "Error.BadRequest"


@pytest.mark.parametrize(
    ("path", "length", "code"),
    [
        ("/users/fake%20user", "126", "Warning.User.NotExisted"),
        ("/users/foo", "120", "Warning.User.NotExisted"),
        ("/groups/fake%20group", "130", "Warning.Group.NotExisted"),
        ("/connections/xxxx", "139", "Warning.Connection.NotExisted"),
        ("/permissions/sendToGroup/connections/xxx?targetName=g", "135", "Info.Connection.NotExisted"),
    ],
)
async def test_head_tells_the_length_of_a_body_that_it_does_not_send(
    api: Api, hub: str, path: str, length: str, code: str
) -> None:
    reply = await api("HEAD", f"/api/hubs/{hub}{path}")
    assert (reply.status, reply.header("content-length"), reply.error_code) == (404, length, code)
    assert reply.header("content-type") == "application/json; charset=utf-8"


async def test_head_of_a_wrong_call_is_neither_404_nor_has_a_body(api: Api) -> None:
    reply = await api("HEAD", "/api/hubs/1chat/users/u")
    assert (reply.status, reply.error_code) == (400, "Error.BadRequest")
    assert reply.header("content-length") != "0"


# Headers


async def test_accepted_send_has_length_0_and_no_type(api: Api, hub: str) -> None:
    reply = await api("POST", f"/api/hubs/{hub}/:send", "x", "text/plain")
    assert (reply.status, reply.header("content-length"), reply.header("content-type")) == (202, "0", None)
    assert reply.header("date") is not None
    assert reply.header("server") is None


async def test_no_content_has_no_length(api: Api, hub: str) -> None:
    reply = await api("DELETE", f"/api/hubs/{hub}/connections/xxxx/groups")
    assert (reply.status, reply.header("content-length"), reply.header("content-type")) == (204, None, None)


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("POST", "/:send", "", 202),
        ("DELETE", "/connections/c", "", 204),
        ("HEAD", "/users/u", "", 404),
        ("POST", "/:send?filter=x", "", 400),
        ("POST", "/:send", None, 401),
        ("GET", "/nothing", "", 404),
    ],
)
async def test_request_id_comes_back_with_every_answer(
    api: Api, hub: str, method: str, path: str, token: str | None, status: int
) -> None:
    headers = {"X-MS-Client-Request-ID": "0f7b \xe9"}
    reply = await api(method, f"/api/hubs/{hub}{path}", token=token, headers=headers)
    assert (reply.status, reply.header("x-ms-client-request-id")) == (status, "0f7b \xe9")


async def test_no_request_id_comes_back_when_none_was_sent(api: Api, hub: str) -> None:
    reply = await api("HEAD", f"/api/hubs/{hub}/users/u")
    assert reply.header("x-ms-client-request-id") is None


@pytest.mark.parametrize(
    ("method", "path", "token"),
    [("POST", "/:send?filter=x", ""), ("POST", "/:send", None), ("HEAD", "/users/u", ""), ("GET", "/nothing", "")],
)
async def test_errors_of_the_caller_never_ask_for_a_retry(
    api: Api, hub: str, method: str, path: str, token: str | None
) -> None:
    """The Python client repeats any status with this header."""
    reply = await api(method, f"/api/hubs/{hub}{path}", token=token)
    assert reply.status >= 400
    assert reply.header("retry-after") is None


async def test_strict_transport_is_asked_for_over_https_only_and_never_of_localhost(tmp_path: Path, api: Api) -> None:
    async with running_server(tmp_path, tls_port=0) as server:
        tls = ssl.create_default_context(cafile=str(server.settings.data_folder / "certificates" / "authority.pem"))
        port = int(next(one for one in server.endpoints if one.startswith("https:")).rpartition(":")[2])

        async def over_tls(host: str) -> Reply:
            request = request_bytes("HEAD", "/api/health", [("Host", host), ("Connection", "close")])
            return await exchange("127.0.0.1", port, request, ssl=tls, server_hostname="localhost")

        secure, local = await over_tls("pubsub.example.com"), await over_tls(f"localhost:{port}")
    assert local.header("strict-transport-security") is None
    assert secure.header("strict-transport-security") == "max-age=15724800; includeSubDomains"
    plain = await api("HEAD", "/api/health")
    assert plain.header("strict-transport-security") is None


async def test_connection_serves_one_call_after_another(api: Api, hub: str) -> None:
    """Answers of each kind leave the connection in step, also when the next request came before the answer."""
    head = [("Host", f"localhost:{api.server.port}")]
    refused = request_bytes("POST", f"/api/hubs/{hub}/:send", head, b"a body that nobody reads")
    unknown = request_bytes("GET", "/api/nothing", head)
    health = request_bytes("HEAD", "/api/health", head)
    last = request_bytes("HEAD", "/api/health", [*head, ("Connection", "close")])
    async with asyncio.timeout(DEADLINE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", api.server.port)
        writer.write(refused + unknown + health + last)
        answers = await reader.read()
        writer.close()
        await writer.wait_closed()
    statuses = [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert statuses == [b"401", b"404", b"200", b"200"]


@pytest.mark.parametrize(
    ("path", "first"), [("/:send", b"HTTP/1.1 100 Continue\r\n\r\n"), ("/:send?filter=x", b"HTTP/1.1 400 ")]
)
async def test_body_is_asked_for_only_when_it_is_wanted(api: Api, hub: str, path: str, first: bytes) -> None:
    """`Expect: 100-continue`, which curl sends with large bodies (RFC 9110, section 10.1.1)."""
    target = f"/api/hubs/{hub}{path}"
    token = signed(api.server.resource.keys.primary, {"aud": api.url(target), "exp": 4_000_000_000})
    head = [("Host", f"localhost:{api.server.port}"), ("Authorization", f"Bearer {token}"), ("Expect", "100-continue")]
    async with asyncio.timeout(DEADLINE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", api.server.port)
        writer.write(request_bytes("POST", target, [*head, ("Content-Length", "2")]))
        assert await reader.readexactly(len(first)) == first
        if first.startswith(b"HTTP/1.1 100"):
            writer.write(b"hi")
            assert (await reader.readline()).startswith(b"HTTP/1.1 202 ")
        writer.close()
        await writer.wait_closed()
