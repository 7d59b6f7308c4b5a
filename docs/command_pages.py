"""Makes the reference page of Linarite's own commands from the parsers that read their words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from unittest.mock import patch

from linarite.cli.entry import AZURE_WORDS, COMMANDS, main
from linarite.settings import definitions

__all__ = ["commands_page"]

_OPENING = """\
# Linarite's own commands

This page is made from the code by `make docs`. Commands with `az`'s words (`linarite group`, `linarite webpubsub`,
`linarite monitor`) are on a page of their own: [the commands of az](command-line.md). How the tools are used:
[tools.md](../tools.md).

Exit codes are 0 for done, 1 for failed, 2 for wrong words or settings; those of the tools are in
[tools.md](../tools.md). Arguments that are settings are left out here: `dev`, `serve` and `config` take all of them,
others those that they need; see [settings.md](settings.md).
"""
# Words whose actions have parsers of their own.
_FURTHER = {"token": ("token make", "token explain")}
# They explain the others, and say nothing of themselves.
_WITHOUT_HELP = ("--help", "-h", "--version")


def commands_page() -> str:
    """Return the reference page of every command but those with the Azure CLI's grammar."""
    words = [word for word in COMMANDS if word not in (*_WITHOUT_HELP, *AZURE_WORDS)]
    commands = [command for word in words for command in (word, *_FURTHER.get(word, ()))]
    return "\n".join([_OPENING, *(_entry(command, _parser(command)) for command in commands)])


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser that explains a command when asked for help."""
    seen: list[argparse.ArgumentParser] = []
    with patch.object(argparse.ArgumentParser, "print_help", lambda parser, _file=None: seen.append(parser)):
        try:
            main([*command.split(), "--help"])
        except SystemExit:
            (parser,) = seen
            return parser
    raise AssertionError(f"linarite {command} --help was expected to end the program")


def _entry(command: str, parser: argparse.ArgumentParser) -> str:
    rows = list(_rows(parser._actions))
    table = "\n".join(["| Argument | Meaning |", "|---|---|", *rows]) + "\n" if rows else ""
    return f"## linarite {command}\n\n{parser.description}\n" + (f"\n{table}" if table else "")


def _rows(actions: Sequence[argparse.Action]) -> Iterator[str]:
    settings = {definition.argument for definition in definitions()}
    for action in actions:
        is_setting = any(option in settings for option in action.option_strings)
        if "--help" in action.option_strings or is_setting or action.help == argparse.SUPPRESS:
            continue
        meaning = " ".join((action.help or "").replace("%%", "%").replace("|", "\\|").split())
        yield f"| {_words(action)} | {meaning or '–'} |"


def _words(action: argparse.Action) -> str:
    """How an argument is written: its options and its value, or the name of its place."""
    value = action.metavar if isinstance(action.metavar, str) else None
    if value is None and action.choices:
        value = ", ".join(str(choice) for choice in action.choices)
    if not action.option_strings:
        return f"`{value or action.dest}`"
    name = "`, `".join(action.option_strings)
    takes_value = action.nargs != 0
    return f"`{name}`" + (f" `{value or action.dest.upper()}`" if takes_value else "")
