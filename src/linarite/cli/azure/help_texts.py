"""Summaries of command groups, and examples. Every example is run by the tests."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence

from knack.help_files import helps

from linarite.cli.azure.log_commands import LOG_EXAMPLES, LOG_GROUPS
from linarite.cli.azure.metric_commands import METRIC_EXAMPLES, METRIC_GROUPS
from linarite.cli.azure.webpubsub_commands import WEBPUBSUB_GROUPS
from linarite.cli.azure.webpubsub_examples import LAST_WEBPUBSUB_EXAMPLES, WEBPUBSUB_EXAMPLES

__all__ = ["EXAMPLES", "register"]

_GROUPS = {
    "group": "Manage resource groups.",
    **WEBPUBSUB_GROUPS,
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
    "group update": [
        ("Tag a resource group.", "linarite group update --name rg-pubsub-demo --set tags.team=web"),
    ],
    **WEBPUBSUB_EXAMPLES,
    **METRIC_EXAMPLES,
    **LOG_EXAMPLES,
    **LAST_WEBPUBSUB_EXAMPLES,
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
