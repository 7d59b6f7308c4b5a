"""Cross-origin calls: preflights, headers of answers, and who gets none of them."""

from __future__ import annotations

from typing import Any

import pytest

from linarite.http.cors import LOCAL_ORIGINS, Cors

PAGE = "https://app.example.com"


async def call(
    allowed: tuple[str, ...], method: str = "POST", origin: str | None = PAGE, **headers: str
) -> tuple[int, dict[str, str]]:
    """The status and headers of a call; the application below answers 202."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": [(b"x-ms-error-code", b"Fine")]})
        await send({"type": "http.response.body", "body": b""})

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = {**({} if origin is None else {"origin": origin}), **{n.replace("_", "-"): v for n, v in headers.items()}}
    scope = {"type": "http", "method": method, "headers": [(n.encode(), v.encode()) for n, v in named.items()]}
    await Cors(app, allowed)(scope, None, send)
    start = sent[0]
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}


async def preflight(allowed: tuple[str, ...], origin: str = PAGE, **headers: str) -> tuple[int, dict[str, str]]:
    wanted = {"access_control_request_method": "POST", **headers}
    return await call(allowed, "OPTIONS", origin, **wanted)


async def test_a_page_of_an_allowed_origin_may_see_the_answer() -> None:
    status, headers = await call((PAGE,))
    assert status == 202
    assert headers["access-control-allow-origin"] == PAGE
    assert "x-ms-error-code" in headers["access-control-expose-headers"]
    assert headers["x-ms-error-code"] == "Fine"
    assert headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in headers


async def test_a_call_without_an_origin_is_answered_as_it_is() -> None:
    assert await call((PAGE,), origin=None) == (202, {"x-ms-error-code": "Fine"})


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "https://app.example.com.evil.net", ""])
async def test_other_origins_are_answered_without_permission(origin: str) -> None:
    status, headers = await call((PAGE,), origin=origin)
    assert status == 202
    assert "access-control-allow-origin" not in headers
    assert headers["vary"] == "Origin"


async def test_a_preflight_is_answered_without_a_token() -> None:
    status, headers = await preflight((PAGE,), access_control_request_headers="authorization, content-type")
    assert status == 204
    assert headers["access-control-allow-origin"] == PAGE
    assert "POST" in headers["access-control-allow-methods"]
    assert headers["access-control-allow-headers"] == "authorization, content-type"
    assert headers["access-control-max-age"] == "7200"


async def test_a_preflight_of_another_origin_allows_nothing() -> None:
    status, headers = await preflight((PAGE,), "https://evil.example.com")
    assert status == 204
    assert set(headers) == {"vary"}


async def test_a_preflight_repeats_no_line_break() -> None:
    _, headers = await preflight((PAGE,), access_control_request_headers="x\r\nset-cookie: a=b")
    assert "access-control-allow-headers" not in headers


async def test_an_options_request_that_is_no_preflight_goes_through() -> None:
    status, _ = await call((PAGE,), "OPTIONS")
    assert status == 202


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("http://localhost:3000", True), ("http://localhost", True), ("https://127.0.0.1:8443", True),
        ("http://LOCALHOST:3000", True), ("http://localhost.evil.net:80", False), ("http://localhost:3000x", False),
        ("ftp://localhost:3000", False),
    ],
)  # fmt: skip
async def test_any_port_may_be_allowed(origin: str, is_allowed: bool) -> None:
    _, headers = await call(LOCAL_ORIGINS, origin=origin)
    assert ("access-control-allow-origin" in headers) == is_allowed


async def test_every_origin_may_be_allowed() -> None:
    _, headers = await call(("*",), origin="https://anything.example")
    assert headers["access-control-allow-origin"] == "https://anything.example"


async def test_without_allowed_origins_nothing_is_added() -> None:
    status, headers = await preflight(())
    assert (status, set(headers)) == (202, {"x-ms-error-code"})
