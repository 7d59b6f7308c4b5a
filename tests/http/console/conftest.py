"""A server with its console, and a browser that is signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.running_server import Answer, RunningServer, production_loop, running_server

API = "/console/api"
OWN = {"X-Linarite-Console": "1"}


def pytest_asyncio_loop_factories(config, item):
    return {"production": production_loop}


class Browser:
    """What a browser sends: the cookies that it was given, and headers."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, own: bool = True, **options: Any
    ) -> Answer:
        sent = {**(OWN if own else {}), **(headers or {})}
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        url = self.server.endpoint + path
        async with self.server._session.request(
            method, url, headers=sent, allow_redirects=False, **options
        ) as response:
            for cookie in response.headers.getall("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **query: str) -> Answer:
        return await self.request("GET", API + path, params=query)

    async def post(self, path: str, body: object) -> Answer:
        return await self.request("POST", API + path, json=body)

    async def sign_in(self, token: str | None = None) -> Answer:
        return await self.post("/session", {"token": token or administrator_token(self.server)})


def administrator_token(server: RunningServer) -> str:
    return (server.settings.data_folder / "administrator-token").read_text().strip()


def error_code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["error"]["code"]


@asynccontextmanager
async def signed_in(tmp_path, **settings: Any) -> AsyncIterator[Browser]:
    async with running_server(tmp_path, **settings) as server:
        browser = Browser(server)
        assert (await browser.sign_in()).status == 204
        yield browser


@pytest.fixture
async def browser(tmp_path):
    async with signed_in(tmp_path) as browser:
        yield browser


@pytest.fixture
def server(browser):
    return browser.server
