"""A real server, and what clients of its authority send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import httpx
import pytest
from tests.running_server import RunningServer, production_loop, running_server

from linarite.access.administrator import administrator_token
from linarite.access.authority import ADMINISTRATOR_CLIENT_ID

SERVICE_SCOPE = "https://webpubsub.azure.com/.default"
MANAGEMENT_SCOPE = "https://management.azure.com/.default"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs in the loop of its test."""
    return {"production": production_loop}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path) as running:
        yield running


@pytest.fixture
async def http(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.endpoint, verify=False, timeout=10) as client:
        yield client


@pytest.fixture
def credentials(server: RunningServer) -> dict[str, str]:
    """The administrator's client as a form has it."""
    secret = administrator_token(server.settings.data_folder)
    return {"client_id": ADMINISTRATOR_CLIENT_ID, "client_secret": secret}


@pytest.fixture
def form(credentials: dict[str, str]) -> dict[str, str]:
    """A good form."""
    return {**credentials, "grant_type": "client_credentials", "scope": SERVICE_SCOPE}
