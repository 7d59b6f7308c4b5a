"""The table of commands, and the options of each.

Options that are not told of here follow from a command's function: a parameter is an option of its name, required
unless it has a default.
"""

from __future__ import annotations

from typing import Any

from knack.arguments import ArgumentsContext
from knack.commands import CLICommandsLoader, CommandGroup

from linarite.cli.azure import help_texts
from linarite.cli.azure.arguments import TagAction, TagsAction
from linarite.cli.azure.completers import group_names
from linarite.cli.azure.log_commands import (
    add_category_commands,
    add_log_commands,
    add_log_options,
    add_setting_commands,
)
from linarite.cli.azure.metric_commands import add_metric_commands, add_metric_options
from linarite.cli.azure.output import group_table
from linarite.cli.azure.resource_ids import IdentifiedCommand
from linarite.cli.azure.webpubsub_commands import WEBPUBSUB_COMMANDS
from linarite.cli.azure.webpubsub_options import add_change_options, add_webpubsub_options

__all__ = ["Commands"]

_PACKAGE = "linarite.cli.azure"


class Commands(CLICommandsLoader):  # type: ignore[misc]  # knack has no types
    """All commands of the grammar of `az` that there are."""

    def __init__(self, cli_ctx: Any = None) -> None:  # noqa: ANN401
        # `client` is passed by the framework, the other parameters of a command's function are its options.
        super().__init__(cli_ctx, command_cls=IdentifiedCommand, excluded_command_handler_args=["client"])
        help_texts.register()

    def load_command_table(self, args: list[str]) -> Any:  # noqa: ANN401
        """The commands by their names."""
        with self._group("group", "groups") as group:
            group.command("create", "create")
            group.command("show", "show")
            group.command("list", "list_groups", table_transformer=group_table)
            group.command("exists", "exists")
            group.command("update", "update")
            group.command("delete", "delete", confirmation=True)
        for name, functions in WEBPUBSUB_COMMANDS.items():
            with self._group(name, functions.module) as group:
                for command, function in functions.by_command.items():
                    group.command(command, function)
        with self._group("monitor metrics", "metrics") as group:
            add_metric_commands(group)
        with self._group("monitor diagnostic-settings", "diagnostic_settings") as group:
            add_setting_commands(group)
        with self._group("monitor diagnostic-settings categories", "diagnostic_settings") as group:
            add_category_commands(group)
        with self._group("monitor logs", "log_entries") as group:
            add_log_commands(group)
        return super().load_command_table(args)

    def _group(self, name: str, module: str) -> CommandGroup:
        """A group of commands whose functions are in one module."""
        self.command_group_table.setdefault(name, None)
        return CommandGroup(self, name, f"{_PACKAGE}.{module}#{{}}", client_factory=lambda _: self.cli_ctx.management())

    def load_arguments(self, command: str) -> None:
        """The options of `command`."""
        with ArgumentsContext(self, "") as options:
            options.argument("tags", action=TagsAction, nargs="*", help="Tags as KEY[=VALUE]; '' clears them.")
            options.argument(
                "location", options_list=["--location", "-l"], configured_default="location", help="Location."
            )
        self._load_group_arguments()
        add_webpubsub_options(self)
        add_metric_options(self)
        add_log_options(self)
        super().load_arguments(command)

    def _load_group_arguments(self) -> None:
        with ArgumentsContext(self, "group") as options:
            names = ["--name", "-n", "--resource-group", "-g"]
            options.argument(
                "resource_group_name", options_list=names, completer=group_names, help="Name of the resource group."
            )
            options.argument("managed_by", help="The id of the resource that manages this group.")
            options.argument("no_wait", help="Accepted as by az; the group is deleted when the command ends.")
            options.argument(
                "force_deletion_types",
                options_list=["--force-deletion-types", "-f"],
                nargs="+",
                help="Refused: a group holds no resources of such types.",
            )
            options.argument("tag", action=TagAction, help="A tag that groups have to have, as KEY[=VALUE].")
        add_change_options(self, "group update")
