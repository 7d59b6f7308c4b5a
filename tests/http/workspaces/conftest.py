"""Servers run on the loop that they are made for."""

from tests.running_server import production_loop


def pytest_asyncio_loop_factories(config, item):
    return {"production": production_loop}
