"""The framework of `az`, set up for this command line: options that every command has, errors and exit codes."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from jmespath.exceptions import JMESPathError
from knack import CLI
from knack.events import (
    EVENT_INVOKER_POST_CMD_TBL_CREATE,
    EVENT_INVOKER_POST_PARSE_ARGS,
    EVENT_INVOKER_TRANSFORM_RESULT,
    EVENT_PARSER_GLOBAL_CREATE,
)
from knack.log import CLILogging
from knack.parser import CLICommandParser
from knack.util import CLIError

from linarite.cli.azure.arguments import RefusedAction, WrongUse
from linarite.cli.azure.commands import Commands
from linarite.cli.azure.exchange import CallRefused
from linarite.cli.azure.management import LOCAL_SUBSCRIPTION, Management
from linarite.cli.azure.output import add_resource_groups
from linarite.cli.azure.resource_ids import add_ids_options, read_ids
from linarite.cli.azure.running_server import ENDPOINT_VARIABLE, find_server

__all__ = ["Program"]

_NO_OPTIONS: Mapping[str, str | None] = {"endpoint": None, "data_folder": None, "subscription": None}
# Exit codes of `az`: "Azure CLI error handling", and 3 for what was not found.
_FAILED, _NOT_FOUND, _WRONG_USE = 1, 3, 2


class Program(CLI):  # type: ignore[misc]  # knack has no types
    """One run of a command."""

    def __init__(self) -> None:
        super().__init__(
            cli_name="linarite",
            config_dir=_configuration_folder(),
            config_env_var_prefix="LINARITE_CLI",
            out_file=sys.stdout,
            logging_cls=_Log,
            parser_cls=_Parser,
            commands_loader_cls=Commands,
        )
        self.register_event(EVENT_PARSER_GLOBAL_CREATE, _add_global_options)
        self.register_event(EVENT_INVOKER_POST_CMD_TBL_CREATE, add_ids_options)
        self.register_event(EVENT_INVOKER_POST_CMD_TBL_CREATE, _add_policy_options)
        self.register_event(EVENT_INVOKER_POST_PARSE_ARGS, _keep_global_options)
        self.register_event(EVENT_INVOKER_POST_PARSE_ARGS, read_ids)
        self.register_event(EVENT_INVOKER_TRANSFORM_RESULT, _transform_result)

    def management(self) -> Management:
        """The management API of the server that the options and the environment name."""
        # None of them is known while a shell asks for completions.
        options: Mapping[str, str | None] = self.data.get("server_options") or _NO_OPTIONS
        return Management(
            lambda: find_server(options["endpoint"], options["data_folder"], os.environ),
            options["subscription"] or LOCAL_SUBSCRIPTION,
        )

    def exception_handler(self, ex: Exception) -> int:
        """Say what went wrong in one place and one form, and give the exit code."""
        match ex:
            case CallRefused(status=404):
                exit_code = _NOT_FOUND
            case WrongUse():
                exit_code = _WRONG_USE
            case BrokenPipeError():
                # Whoever reads our output (`| head`) has seen enough.
                return 0
            case CLIError():
                exit_code = _FAILED
            case JMESPathError():
                ex = CLIError(f"Invalid jmespath query supplied for `--query`: {ex}")
                exit_code = _FAILED
            case _:
                logging.getLogger("cli").exception("The command failed with an unexpected error.")
                return _FAILED
        sys.stderr.write(f"ERROR: {ex}\n")
        return exit_code


class _Parser(CLICommandParser):  # type: ignore[misc]  # knack has no types
    """A parser that says what is wrong, and where help is, without repeating the usage."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"ERROR: {message}\nSee '{self.prog} --help'.\n")
        sys.exit(_WRONG_USE)


class _Log(CLILogging):  # type: ignore[misc]  # knack has no types
    """Warnings and errors of the command line on standard error; other loggers of the process are left alone."""

    def configure(self, args: list[str]) -> None:
        self.log_level = self._determine_log_level(args)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
        handler.setLevel(self._get_console_log_levels()["cli"])
        logger = logging.getLogger("cli")
        logger.handlers[:] = [handler]
        logger.setLevel(logging.DEBUG)
        logger.propagate = False


def _configuration_folder() -> str:
    """The folder of a person's own defaults for options, if there is one.

    The framework would make a folder that is missing. The package's own, which holds no such file, stands in for it:
    asking for help must not write to a home folder.
    """
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    folder = Path(home, "linarite")
    return str(folder if folder.is_dir() else Path(__file__).parent)


def _add_global_options(_: Program, arg_group: Any, **__: object) -> None:  # noqa: ANN401
    # Names with an underscore in front are not passed on to commands.
    arg_group.add_argument(
        "--endpoint",
        dest="_endpoint",
        metavar="URL",
        help=f"The server, such as http://127.0.0.1:8080; {ENDPOINT_VARIABLE} does the same. "
        "Default: the one that runs with the data folder.",
    )
    arg_group.add_argument(
        "--data-folder", dest="_data_folder", metavar="PATH", help="The data folder of the server on this machine."
    )
    arg_group.add_argument(
        "--subscription", dest="_subscription", help="Accepted as by az; every subscription is this server."
    )


def _add_policy_options(_: Program, cmd_tbl: Mapping[str, Any], **__: object) -> None:
    """Tell the options of `az` for Azure Policy, which every command that changes something has there."""
    refused = {"action": RefusedAction, "arg_group": "Global Policy", "help": "Refused: there are no policies here."}
    for name, command in cmd_tbl.items():
        if command.arguments and name.rpartition(" ")[2] not in ("list", "show"):
            # Names with an underscore in front are not passed on to commands.
            command.add_argument("_acquire_policy_token", "--acquire-policy-token", nargs=0, **refused)
            command.add_argument("_change_reference", "--change-reference", **refused)


def _keep_global_options(program: Program, args: Any, **_: object) -> None:  # noqa: ANN401
    program.data["server_options"] = {
        "endpoint": args._endpoint,
        "data_folder": args._data_folder,
        "subscription": args._subscription,
    }


def _transform_result(_: Program, event_data: dict[str, object], **__: object) -> None:
    add_resource_groups(event_data["result"])
