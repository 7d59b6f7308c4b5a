"""The pytest plugin: fixtures for a server, hubs, and the environment of official SDKs and `az`.

It is loaded into every run of pytest in whose environment Linarite is installed, so it imports nothing until a fixture
is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from linarite.testing.controls import Controls
    from linarite.testing.hub import TestingHub
    from linarite.testing.server import DevelopmentServer

_ARGUMENTS = "linarite_arguments"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the settings of pytest name arguments of the server."""
    parser.addini(_ARGUMENTS, "arguments of linarite dev for the servers that tests start", type="args", default=[])


@pytest.fixture(scope="session")
def linarite_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[DevelopmentServer]:
    """A development server that all tests of the session share."""
    from linarite.testing.server import DevelopmentServer

    with DevelopmentServer(tmp_path_factory.mktemp("linarite"), pytestconfig.getini(_ARGUMENTS)) as server:
        yield server


@pytest.fixture
def linarite_own_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Callable[..., DevelopmentServer]]:
    """A function that starts a server for this test alone; its arguments are those of `linarite dev`."""
    from linarite.testing.server import DevelopmentServer

    with ExitStack() as stack:

        def start(*arguments: str) -> DevelopmentServer:
            given = [*pytestconfig.getini(_ARGUMENTS), *arguments]
            return stack.enter_context(DevelopmentServer(tmp_path_factory.mktemp("linarite"), given))

        yield start


@pytest.fixture
def linarite_hub(linarite_server: DevelopmentServer) -> Iterator[TestingHub]:
    """A hub of the shared server for this test alone; what is left in it is removed afterwards."""
    from linarite.testing.hub import TestingHub

    hub = TestingHub(linarite_server.http, linarite_server.https, linarite_server.controls)
    yield hub
    hub.reset()


@pytest.fixture
def linarite_controls(linarite_server: DevelopmentServer) -> Controls:
    """The shared server's controls: looking, waiting, reset, faults."""
    return linarite_server.controls


@pytest.fixture
def linarite_environment(linarite_server: DevelopmentServer, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The variables by which SDKs, `az` and `linarite` find and trust the shared server, set while the test runs."""
    variables = linarite_server.environment()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
