"""A server for people's tests: `linarite dev` as a process, hubs that belong to one test, waiting, and faults.

With pytest the fixtures of `linarite.testing.plugin` are there as soon as Linarite is installed. Other test runners use
`DevelopmentServer` and `TestingHub` themselves.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linarite.testing.controls import CallFailed, Controls, Fault, WaitFailed
    from linarite.testing.hub import TestingHub
    from linarite.testing.server import DevelopmentServer, Endpoint, ServerFailed

__all__ = [
    "CallFailed",
    "Controls",
    "DevelopmentServer",
    "Endpoint",
    "Fault",
    "ServerFailed",
    "TestingHub",
    "WaitFailed",
]

_HOMES = {
    "CallFailed": "controls",
    "Controls": "controls",
    "Fault": "controls",
    "WaitFailed": "controls",
    "TestingHub": "hub",
    "DevelopmentServer": "server",
    "Endpoint": "server",
    "ServerFailed": "server",
}


def __getattr__(name: str) -> object:
    """Import what is asked for: the plugin is loaded into runs of pytest that may never need a server."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
