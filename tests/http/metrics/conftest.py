"""A real server for each test, and its metrics as the administrator reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yarl
from prometheus_client.parser import text_string_to_metric_families
from tests.running_server import Answer, RunningServer, production_loop, running_server

from linarite.access.administrator import ADMINISTRATOR_TOKEN_FILE

Samples = Mapping[tuple[str, ...], float]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"production": production_loop}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(tmp_path) as running:
        yield running


class Administrator:
    """Whoever holds the credential in the data folder."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._credential = (server.settings.data_folder / ADMINISTRATOR_TOKEN_FILE).read_text().strip()

    async def get(self, path: str, **query: str) -> Answer:
        headers = {"Authorization": f"Bearer {self._credential}"}
        return await self._server.rest("GET", path, headers=headers, params=query or None)

    async def get_url(self, url: yarl.URL) -> Answer:
        """Ask for an address exactly as it is written."""
        headers = {"Authorization": f"Bearer {self._credential}"}
        async with self._server._session.get(url, headers=headers) as response:
            return Answer(response.status, response.headers, await response.read())

    async def page(self) -> str:
        """The text of `/metrics`."""
        answer = await self.get("/metrics")
        assert answer.status == 200
        return answer.body.decode()

    async def samples(self) -> dict[str, Samples]:
        """The values of `/metrics` by name of the sample, and there by the values of its labels in their order."""
        found: dict[str, dict[tuple[str, ...], float]] = {}
        for family in text_string_to_metric_families(await self.page()):
            for sample in family.samples:
                found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = (
                    sample.value
                )
        return found

    async def metrics(self, names: str, path: str = "metrics", **query: str) -> Any:
        """The management API's answer about metrics of the default resource."""
        resource = self._server.resource
        scope = f"/subscriptions/s/resourceGroups/{resource.resource_group}/providers/Microsoft.SignalRService"
        wanted = {"api-version": "2018-01-01", "metricnames": names, **query}
        path = f"{scope}/webPubSub/{resource.name}/providers/Microsoft.Insights/{path}"
        answer = await self.get(path, **{name: text for name, text in wanted.items() if text})
        assert answer.status == 200, answer.body
        return answer.json()

    async def total(self, name: str, **query: str) -> float:
        """The sum of a metric over the last hour."""
        (metric,) = (await self.metrics(name, interval="FULL", aggregation="Total", **query))["value"]
        (series,) = metric["timeseries"]
        return series["data"][0]["total"]


@pytest.fixture
def administrator(server: RunningServer) -> Administrator:
    return Administrator(server)
