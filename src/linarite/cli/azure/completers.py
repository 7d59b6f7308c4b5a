"""What a shell offers for the values of options: names that the running server knows.

While a shell waits for words nothing may be told: without a server, or when it refuses, nothing is offered.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from knack.util import CLIError

from linarite.cli.azure.management import LOCAL_SUBSCRIPTION, Management
from linarite.cli.azure.running_server import find_server

__all__ = ["group_names", "hub_names", "resource_names"]


def group_names(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The names of the resource groups."""
    try:
        return _names(_management(parsed_args).group("GET")["value"])
    except CLIError:
        return []


def resource_names(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The names of the resources of the group that was named, or of all of them."""
    try:
        group = getattr(parsed_args, "resource_group_name", None)
        return _names(_management(parsed_args).resource("GET", group)["value"])
    except CLIError:
        return []


def hub_names(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The names of the hubs with settings of the resource that was named."""
    group, name = (getattr(parsed_args, part, None) for part in ("resource_group_name", "webpubsub_name"))
    if not group or not name:
        return []
    try:
        return _names(_management(parsed_args).resource("GET", group, name, "hubs")["value"])
    except CLIError:
        return []


def _management(parsed_args: argparse.Namespace) -> Management:
    endpoint, folder = getattr(parsed_args, "_endpoint", None), getattr(parsed_args, "_data_folder", None)
    subscription = getattr(parsed_args, "_subscription", None) or LOCAL_SUBSCRIPTION
    return Management(lambda: find_server(endpoint, folder, os.environ), subscription)


def _names(documents: list[dict[str, Any]]) -> list[str]:
    return [document["name"] for document in documents]
