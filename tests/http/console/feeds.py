"""A reader of the console's feed."""

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
from tests.http.console.conftest import API, OWN
from tests.running_server import DEADLINE_SECONDS


class Lines:
    def __init__(self, response):
        self.response = response

    async def next(self, kind):
        """The next line of that kind."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                line = json.loads(await self.response.content.readline())
                if line["kind"] == kind:
                    return line

    async def ended(self):
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.response.content.read()


@asynccontextmanager
async def feed(browser, **query):
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    url = browser.server.endpoint + API + "/feed"
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(url, params=query, headers={**OWN, "Cookie": cookie}) as response,
    ):
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("application/x-ndjson")
        yield Lines(response)
