"""The reference page says what the server does: its examples are run, its table is that of the routes."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.http.data_plane.exchange import Api
from tests.running_server import DEADLINE_SECONDS, RunningServer

from linarite.http.data_plane import routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "rest-api.md").read_text("utf-8")
PRINTED_HOST = "localhost:8080"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(server: RunningServer) -> AsyncIterator[RunningServer]:
    """The server with ann's two connections, of which the page tells."""
    for _ in range(2):
        await server.connect("chat", user="ann", groups=["room"])
    yield server


@pytest.mark.parametrize("example", blocks("http"), ids=lambda example: example.partition("?")[0])
async def test_example_is_answered_as_printed(room: RunningServer, example: str) -> None:
    """`…` stands for anything; headers that the page does not print may come too."""
    request, _, answer = example.replace(PRINTED_HOST, f"localhost:{room.port}").partition("\n\nHTTP/1.1 ")
    asked, _, body = request.partition("\n\n")
    (method, target), headers = asked.split("\n")[0].split(" "), headers_of(asked)
    reply = await Api(room)(
        method, target, body or None, version=None, headers=headers, token=None if "Authorization" in headers else ""
    )
    head, _, text = answer.partition("\n\n")
    assert str(reply.status) == head.split(" ")[0]
    for name, value in headers_of(head).items():
        assert is_as_printed(reply.header(name) or "", value), (name, reply)
    assert is_as_printed(reply.body.decode(), text), reply


def is_as_printed(came: str, printed: str) -> bool:
    return re.fullmatch(re.escape(printed).replace("…", ".+"), came) is not None


def headers_of(head: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in head.split("\n")[1:])


async def test_python_example_prints_what_its_comment_says(room: RunningServer) -> None:
    (example,) = blocks("python")
    program = example.replace(PRINTED_HOST, f"127.0.0.1:{room.port}")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert (output, process.returncode) == (b"202\n", 0)


async def test_table_has_every_call_and_no_other() -> None:
    printed = re.findall(r"^\| `([A-Z]+) (/\S+)` \|", PAGE, re.MULTILINE)
    whole = [(method, path if path == "/api/health" else f"/api/hubs/{{hub}}{path}") for method, path in printed]
    assert sorted(whole) == sorted((method, path) for method, path, _ in routes._TABLE)
