"""Every engine of the backplane, ready for the tests that each must pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import pytest
from tests.hubs.outlets import Client, connect
from tests.hubs.surroundings import Ticks, make_directory, make_hub

from linarite.cluster.backplane import Backplane
from linarite.cluster.local import LocalBackplane
from linarite.domain.commands import HubAddress
from linarite.hubs.directory import Directory


class Node(NamedTuple):
    """One process of a cluster: its connections and its way to the others'."""

    directory: Directory
    backplane: Backplane

    def connect(
        self, at: HubAddress, connection_id: str, user_id: str | None = None, groups: Iterable[str] = (), **more: Any
    ) -> Client:
        """Attach a client here."""
        return connect(self.directory.open(at), connection_id, user_id, groups, **more)


class Cluster(NamedTuple):
    """The nodes of an engine; an engine without a network has one only."""

    nodes: Sequence[Node]
    ticks: Ticks

    @property
    def here(self) -> Node:
        """Where commands and questions come from."""
        return self.nodes[0]

    @property
    def there(self) -> Node:
        """Where connections are that are not `here`, as far as the engine can tell the two apart."""
        return self.nodes[-1]

    def end_tick(self) -> None:
        """Have everything written that was said so far."""
        self.ticks.end()


def open_local() -> Cluster:
    ticks = Ticks()
    directory = make_directory(ticks)
    return Cluster([Node(directory, LocalBackplane(directory, make_hub(ticks)))], ticks)


ENGINES: dict[str, Callable[[], Cluster]] = {"local": open_local}


@pytest.fixture(params=ENGINES.values(), ids=ENGINES.keys())
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    cluster: Cluster = request.param()
    yield cluster
    for node in cluster.nodes:
        await node.backplane.close()
