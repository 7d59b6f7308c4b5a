"""`--ids`: resources named by their ids instead of by name and group, several at once, as in `az`.

An option says by the setting `id_part` which part of an id stands for it. Every command with such a part but `create`
takes `--ids`; its other ways of naming are then left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from knack.commands import CLICommand
from knack.util import CLIError

__all__ = ["IdentifiedCommand", "add_ids_options", "read_ids"]

_PROVIDER, _KIND = "microsoft.signalrservice", "webpubsub"
# /subscriptions/S/resourceGroups/GROUP/providers/NAMESPACE/KIND/NAME, then CHILD KIND/CHILD NAME.
_RESOURCE_PARTS, _CHILD_PARTS = 8, 10
_GROUP_NAME = "Resource Id"


class IdentifiedCommand(CLICommand):  # type: ignore[misc]  # knack has no types
    """A command that is carried out once for each id; with several, its results are a list."""

    def __call__(self, params: dict[str, Any]) -> Any:  # noqa: ANN401
        """The result, or the results."""
        named: list[dict[str, str]] | None = params.pop("ids", None)
        if not named:
            return super().__call__(params)
        results = [super(IdentifiedCommand, self).__call__({**params, **parts}) for parts in named]
        return results[0] if len(results) == 1 else [one for one in results if one is not None] or None


def add_ids_options(_: object, cmd_tbl: Mapping[str, Any], **__: object) -> None:
    """Add `--ids` to the commands that have been loaded with their options."""
    for name, command in cmd_tbl.items():
        parts = _parts(command)
        if "name" not in parts.values() or name.endswith(" create"):
            continue
        for argument in command.arguments.values():
            if argument.name in parts:
                # The framework keeps what is set here among the argument's settings.
                argument.required_without_ids = argument.options.get("required", False)
                argument.required = False
                argument.arg_group = _GROUP_NAME
        command.add_argument(
            "ids",
            "--ids",
            metavar="ID",
            nargs="+",
            arg_group=_GROUP_NAME,
            help="One or more resource IDs, separated by blanks, instead of the other arguments of this kind.",
        )


def read_ids(_: object, args: argparse.Namespace, **__: object) -> None:
    """Put what ids stand for in their place; without them, ask for the options that they would spare."""
    command = args.func
    if not hasattr(args, "ids"):
        return
    parts = _parts(command)
    if not args.ids:
        missing = [
            argument.options_list[0]
            for argument in command.arguments.values()
            if argument.type.settings.get("required_without_ids") and getattr(args, argument.name, None) is None
        ]
        if missing:
            args._parser.error(f"({' '.join(missing)} | --ids) are required")
        return
    # A list that a query has made stands on lines of its own.
    ids = [identifier for word in args.ids for identifier in word.split()]
    args.ids = [_named(identifier, parts) for identifier in ids]


def _parts(command: Any) -> dict[str, str]:  # noqa: ANN401
    """For each option that an id can stand for, the part of the id."""
    found = ((argument.name, argument.type.settings.get("id_part")) for argument in command.arguments.values())
    return {name: part for name, part in found if part}


def _named(identifier: str, parts: Mapping[str, str]) -> dict[str, str]:
    words = identifier.strip("/").split("/")
    wanted = _CHILD_PARTS if "child_name_1" in parts.values() else _RESOURCE_PARTS
    literals = [word.lower() for word in words[:7:2]]
    if (
        len(words) < wanted
        or literals[:3] != ["subscriptions", "resourcegroups", "providers"]
        or [word.lower() for word in words[5:7]] != [_PROVIDER, _KIND]
    ):
        raise CLIError(f"invalid resource ID: {identifier}")
    values = {"resource_group": words[3], "name": words[7], "child_name_1": words[9] if wanted == _CHILD_PARTS else ""}
    return {name: values[part] for name, part in parts.items()}
