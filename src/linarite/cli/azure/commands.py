"""The table of commands, and the options of each.

Options that are not told of here follow from a command's function: a parameter is an option of its name, required
unless it has a default.
"""

from __future__ import annotations

from typing import Any

from knack.arguments import ArgumentsContext
from knack.commands import CLICommandsLoader, CommandGroup

from linarite.cli.azure import help_texts
from linarite.cli.azure.arguments import EventHandlerAction, SwitchAction, TagsAction
from linarite.cli.azure.log_commands import (
    add_category_commands,
    add_log_commands,
    add_log_options,
    add_setting_commands,
)
from linarite.cli.azure.metric_commands import add_metric_commands, add_metric_options
from linarite.cli.azure.output import group_table

__all__ = ["Commands"]

_PACKAGE = "linarite.cli.azure"
_KEY_TYPES = ["primary", "secondary", "salt"]
_EVENT_HANDLER_HELP = (
    "An event handler as KEY=VALUE pairs; give the option again for another one. Keys are url-template, "
    "user-event-pattern, system-event, auth-type and auth-resource. Several system-event pairs, or one with commas, "
    "make a list; of the other keys the last one counts."
)


class Commands(CLICommandsLoader):  # type: ignore[misc]  # knack has no types
    """All commands of the grammar of `az` that there are."""

    def __init__(self, cli_ctx: Any = None) -> None:  # noqa: ANN401
        # `client` is passed by the framework, the other parameters of a command's function are its options.
        super().__init__(cli_ctx, excluded_command_handler_args=["client"])
        help_texts.register()

    def load_command_table(self, args: list[str]) -> Any:  # noqa: ANN401
        """The commands by their names."""
        with self._group("group", "groups") as group:
            group.command("create", "create")
            group.command("show", "show")
            group.command("list", "list_groups", table_transformer=group_table)
            group.command("exists", "exists")
            group.command("delete", "delete", confirmation=True)
        with self._group("webpubsub", "resources") as group:
            group.command("create", "create")
            group.command("show", "show")
            group.command("list", "list_resources")
            group.command("update", "update")
            group.command("delete", "delete")
        with self._group("webpubsub key", "keys") as group:
            group.command("show", "show")
            group.command("regenerate", "regenerate")
        with self._group("webpubsub hub", "hubs") as group:
            group.command("create", "create")
            group.command("show", "show")
            group.command("list", "list_hubs")
            group.command("update", "update")
            group.command("delete", "delete")
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
            options.argument("location", options_list=["--location", "-l"], help="Location.")
        self._load_group_arguments()
        self._load_resource_arguments()
        self._load_hub_arguments()
        add_metric_options(self)
        add_log_options(self)
        super().load_arguments(command)

    def _load_group_arguments(self) -> None:
        with ArgumentsContext(self, "group") as options:
            names = ["--name", "-n", "--resource-group", "-g"]
            options.argument("resource_group_name", options_list=names, help="Name of the resource group.")
            options.argument("managed_by", help="The id of the resource that manages this group.")
            options.argument("no_wait", help="Accepted as by az; the group is deleted when the command ends.")

    def _load_resource_arguments(self) -> None:
        with ArgumentsContext(self, "webpubsub") as options:
            group = ["--resource-group", "-g"]
            options.argument("resource_group_name", options_list=group, help="Name of the resource group.")
            options.argument("webpubsub_name", options_list=["--name", "-n"], help="Name of the Web PubSub resource.")
            options.argument("sku", help="The SKU: Free_F1, Standard_S1, Premium_P1 or Premium_P2.")
            options.argument("unit_count", type=int, help="The number of units.")
            options.argument("kind", help="The kind of resource: WebPubSub.")
        with ArgumentsContext(self, "webpubsub create") as options:
            options.argument(
                "location", options_list=["--location", "-l"], help="Location; that of the resource group if left out."
            )
        with ArgumentsContext(self, "webpubsub key regenerate") as options:
            options.argument(
                "key_type", choices=_KEY_TYPES, type=str.lower, help="The key to make anew, or the salt of both."
            )

    def _load_hub_arguments(self) -> None:
        with ArgumentsContext(self, "webpubsub hub") as options:
            options.argument("hub_name", help="Name of the hub.")
            options.argument("event_handler", action=EventHandlerAction, nargs="*", help=_EVENT_HANDLER_HELP)
            options.argument(
                "allow_anonymous",
                action=SwitchAction,
                nargs="?",
                const="true",
                type=str.lower,
                choices=["true", "false"],
                help="Whether clients without a token may connect.",
            )
