"""The `linarite` command: finds out what is asked and imports only what that takes.

The time from start to ready is measured (`make bench`), and knack alone would cost half of what is allowed.
So the server's commands are parsed with argparse, and the words of the Azure CLI go to the package that knows
its grammar.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from linarite.cli.setting_arguments import COMPLETION_VARIABLE, add_setting_arguments, load_settings, new_parser
from linarite.resources.errors import ResourceError
from linarite.resources.store import StoreError
from linarite.settings import SettingsError

__all__ = ["main"]

AZURE_WORDS = ("group", "webpubsub", "monitor")
"""First words of the commands with the Azure CLI's grammar."""

TOOL_WORDS = ("url", "pub", "sub", "tail", "check", "bench", "record", "replay")
"""Commands that speak to any endpoint by its connection string; `token` is one as well, for two of its actions."""

OVERVIEW = """\
usage: linarite COMMAND [ARGUMENTS]

Azure Web PubSub that you host yourself.

server:
  dev              run for development: loopback only, ready to use
  serve            run for production
  config show      print the settings and where each comes from
  config check     check the settings
  ca               print where the development certificate authority is
  console          print an address that opens the console

who may use it:
  login, logout    sign in to a server elsewhere
  token            show or rotate the administrator's credential
  application      applications that sign in with a secret, and their roles
  azure-cli        print the commands that make your own az use the server

tools, for any endpoint by its connection string:
  token, url       make and explain tokens, make client access URLs
  pub, sub, tail   publish; print messages; follow a hub or group frame by frame
  check            try an endpoint from its name to a client's round trip
  bench            a load test
  record, replay   keep what a client hears in a file, and publish it again

resources, in the grammar of the Azure CLI (needs a running server):
  group            resource groups
  webpubsub        resources, keys, hubs
  monitor          metrics, diagnostic settings, logs

in your shell:
  completion       print the script that completes commands in bash or zsh

Each command explains itself with --help. Also: linarite --version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong use or settings."""
    if COMPLETION_VARIABLE in os.environ:
        from linarite.cli.completion import complete

        return complete(COMMANDS, AZURE_WORDS, _run)
    return _run(sys.argv[1:] if arguments is None else arguments)


def _run(arguments: Sequence[str]) -> int:
    words = list(arguments)
    word = words[0] if words else "--help"
    if word in AZURE_WORDS:
        from linarite.cli.azure.entry import run
        from linarite.cli.login import name_server

        name_server(words, os.environ)
        return run(words)
    if word in COMMANDS:
        try:
            return COMMANDS[word](words[1:])
        except SettingsError as error:
            print(f"linarite: {error}", file=sys.stderr)
            return 2
        except ResourceError as error:  # a hub of the settings file
            print(f"linarite: {error}", file=sys.stderr)
            return 2
        except StoreError as error:
            print(f"linarite: {error}", file=sys.stderr)
            return 1
        except BrokenPipeError:
            # Whoever reads our output (`| head`) has seen enough; the interpreter shall not try to write the rest.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    known = ", ".join([*COMMANDS, *AZURE_WORDS])
    print(f"linarite: unknown command {word}; expected one of {known}", file=sys.stderr)
    return 2


def _print_overview(_words: Sequence[str]) -> int:
    print(OVERVIEW, end="")
    return 0


def _print_version(_words: Sequence[str]) -> int:
    from linarite.cli.versions import version_lines

    print("\n".join(version_lines()))
    return 0


def _run_dev(words: Sequence[str]) -> int:
    return _run_server("dev", "Run the server for development: loopback only, with a well-known key.", words)


def _run_serve(words: Sequence[str]) -> int:
    return _run_server("serve", "Run the server for production.", words)


def _run_server(mode: str, about: str, words: Sequence[str]) -> int:
    parser = new_parser(mode, about)
    add_setting_arguments(parser, leave_out=("mode",))
    loaded = load_settings(parser.parse_args(words), mode=mode)

    from linarite.monitoring.logs import set_up_logging
    from linarite.server import run

    set_up_logging(loaded.settings.log_level, loaded.settings.log_format)
    return run(loaded.settings, loaded.warnings, loaded.hubs)


def _run_config(words: Sequence[str]) -> int:
    from linarite.cli.configuration import run_config

    return run_config(words)


def _run_ca(words: Sequence[str]) -> int:
    from linarite.cli.authority import run_ca

    return run_ca(words)


def _run_console(words: Sequence[str]) -> int:
    from linarite.cli.console import run_console

    return run_console(words)


def _run_azure_cli(words: Sequence[str]) -> int:
    from linarite.cli.azure_cli import run_azure_cli

    return run_azure_cli(words)


def _run_login(words: Sequence[str]) -> int:
    from linarite.cli.login import run_login

    return run_login(words)


def _run_logout(words: Sequence[str]) -> int:
    from linarite.cli.login import run_logout

    return run_logout(words)


def _run_token(words: Sequence[str]) -> int:
    if words and words[0] in ("make", "explain", "--explain"):
        return _run_tool("token", words)

    from linarite.cli.credentials import run_token

    return run_token(words)


def _run_application(words: Sequence[str]) -> int:
    from linarite.cli.credentials import run_application

    return run_application(words)


def _run_completion(words: Sequence[str]) -> int:
    from linarite.cli.completion import run_completion

    return run_completion(words)


def _run_tool(word: str, words: Sequence[str]) -> int:
    from linarite.cli.tools.entry import run_tool

    return run_tool(word, words)


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "dev": _run_dev,
    "serve": _run_serve,
    "config": _run_config,
    "ca": _run_ca,
    "console": _run_console,
    "login": _run_login,
    "logout": _run_logout,
    "token": _run_token,
    "application": _run_application,
    "azure-cli": _run_azure_cli,
    **{word: partial(_run_tool, word) for word in TOOL_WORDS},
    "completion": _run_completion,
    "--version": _print_version,
    "--help": _print_overview,
    "-h": _print_overview,
}
