"""Summaries of command groups, and examples. Every example is run by the tests."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence

from knack.help_files import helps

from linarite.cli.azure.log_commands import LOG_EXAMPLES, LOG_GROUPS
from linarite.cli.azure.metric_commands import METRIC_EXAMPLES, METRIC_GROUPS

__all__ = ["EXAMPLES", "register"]

_GROUPS = {
    "group": "Manage resource groups.",
    "webpubsub": "Manage Web PubSub resources.",
    "webpubsub key": "Manage access keys and connection strings.",
    "webpubsub hub": "Manage hub settings.",
    "monitor": "View what is measured of resources.",
    **METRIC_GROUPS,
    **LOG_GROUPS,
}

# The framework breaks lines at 100 characters, wherever it likes; 12 of them are indentation.
_LINE_CHARACTERS = 86

# By command: what an example does, and its command line.
EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "group create": [
        ("Create a resource group.", "linarite group create --name rg-pubsub-demo --location eastus"),
    ],
    "group list": [
        ("List the names of resource groups.", 'linarite group list --query "[].name" --output tsv'),
    ],
    "group exists": [
        ("Check if a resource group exists.", "linarite group exists --name rg-pubsub-demo"),
    ],
    "group show": [
        ("Show a resource group.", "linarite group show --name rg-pubsub-demo"),
    ],
    "webpubsub create": [
        (
            "Create a resource of the free tier.",
            "linarite webpubsub create --name my-pubsub-demo --resource-group rg-pubsub-demo --location eastus "
            "--sku Free_F1",
        ),
        (
            "Create a resource with two units at the location of its group.",
            "linarite webpubsub create -n my-second-demo -g rg-pubsub-demo --sku Standard_S1 --unit-count 2",
        ),
    ],
    "webpubsub show": [
        (
            "Show a resource's host name.",
            "linarite webpubsub show -n my-pubsub-demo -g rg-pubsub-demo --query hostName -o tsv",
        ),
    ],
    "webpubsub list": [
        ("List all resources as a table.", "linarite webpubsub list --output table"),
    ],
    "webpubsub update": [
        (
            "Scale a resource to ten units.",
            "linarite webpubsub update -n my-second-demo -g rg-pubsub-demo --sku Standard_S1 --unit-count 10",
        ),
    ],
    "webpubsub key show": [
        (
            "Get the connection string.",
            "linarite webpubsub key show --name my-pubsub-demo --resource-group rg-pubsub-demo "
            "--query primaryConnectionString --output tsv",
        ),
    ],
    "webpubsub key regenerate": [
        (
            "Make the primary key anew.",
            "linarite webpubsub key regenerate -n my-pubsub-demo -g rg-pubsub-demo --key-type primary "
            "--query primaryKey -o tsv",
        ),
    ],
    "webpubsub hub create": [
        (
            "Create a hub whose events go to one URL.",
            "linarite webpubsub hub create --name my-pubsub-demo --resource-group rg-pubsub-demo --hub-name demo-hub "
            '--event-handler url-template="https://your-server.com/api/pubsub" user-event-pattern="*" '
            'system-event="connect,connected,disconnected"',
        ),
        (
            "Create a hub with two event handlers that clients may connect to without a token.",
            "linarite webpubsub hub create -n my-pubsub-demo -g rg-pubsub-demo --hub-name open-hub "
            "--allow-anonymous true "
            "--event-handler url-template=https://one.example.com/{event} system-event=connect system-event=connected "
            "--event-handler url-template=https://two.example.com/{hub} user-event-pattern=message,other",
        ),
    ],
    "webpubsub hub update": [
        (
            "Refuse clients without a token and keep the event handlers.",
            "linarite webpubsub hub update -n my-pubsub-demo -g rg-pubsub-demo --hub-name open-hub "
            "--allow-anonymous false",
        ),
    ],
    "webpubsub hub show": [
        (
            "Show a hub's event handlers.",
            "linarite webpubsub hub show -n my-pubsub-demo -g rg-pubsub-demo --hub-name demo-hub "
            "--query properties.eventHandlers",
        ),
    ],
    "webpubsub hub list": [
        (
            "List the names of hubs that have settings.",
            'linarite webpubsub hub list -n my-pubsub-demo -g rg-pubsub-demo --query "[].name" -o tsv',
        ),
    ],
    "webpubsub hub delete": [
        (
            "Delete a hub's settings.",
            "linarite webpubsub hub delete -n my-pubsub-demo -g rg-pubsub-demo --hub-name open-hub",
        ),
    ],
    **METRIC_EXAMPLES,
    **LOG_EXAMPLES,
    "webpubsub delete": [
        ("Delete a resource.", "linarite webpubsub delete -n my-second-demo -g rg-pubsub-demo"),
    ],
    "group delete": [
        ("Delete a group and all in it without being asked.", "linarite group delete --name rg-pubsub-demo --yes"),
    ],
}


def register() -> None:
    """Give the texts to the framework, which keeps them in one place for the process."""
    for name, summary in _GROUPS.items():
        helps[name] = _yaml("group", {"short-summary": summary})
    for name, examples in EXAMPLES.items():
        helps[name] = _yaml(
            "command", {"examples": [{"name": title, "text": _in_lines(line)} for title, line in examples]}
        )


def _in_lines(command: str) -> str:
    """A command line in lines short enough to be printed as they stand, so that it can be copied."""
    lines = textwrap.wrap(command, _LINE_CHARACTERS, break_on_hyphens=False, break_long_words=False)
    return " \\\n    ".join(lines)


def _yaml(kind: str, members: Mapping[str, object]) -> str:
    """The framework reads YAML, of which JSON is a part."""
    return json.dumps({"type": kind, **members})
