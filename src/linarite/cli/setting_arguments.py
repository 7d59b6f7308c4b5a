"""Arguments of the server's commands, each derived from the definition of its setting."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from linarite.settings import Loaded, definitions, load
from linarite.settings.sources import CONFIG_VARIABLE

__all__ = ["COMPLETION_VARIABLE", "add_setting_arguments", "load_settings", "new_parser"]

COMPLETION_VARIABLE = "_ARGCOMPLETE"
"""Set by a shell that asks what may follow the line so far (argcomplete)."""


class _Parser(argparse.ArgumentParser):
    """A parser that answers a shell's question for completions in the place of parsing."""

    def parse_args(  # type: ignore[override]  # of three overloads, our commands need one
        self, args: Sequence[str] | None = None, namespace: None = None
    ) -> argparse.Namespace:
        """What the words say; a shell that asks has its answer, and this process ends."""
        if COMPLETION_VARIABLE in os.environ:
            import argcomplete

            argcomplete.autocomplete(self, always_complete_options=False)
        return super().parse_args(args, namespace)


def new_parser(command: str, about: str) -> argparse.ArgumentParser:
    """Return the parser of one command, which refuses abbreviated arguments: a new one would change them."""
    return _Parser(prog=f"linarite {command}", description=about, allow_abbrev=False)


def add_setting_arguments(
    parser: argparse.ArgumentParser, *, only: Sequence[str] = (), leave_out: Sequence[str] = ()
) -> None:
    """Add an argument for each setting, and the one that names the TOML file."""
    parser.add_argument("--config", metavar="PATH", help=f"TOML file with settings (or set {CONFIG_VARIABLE})")
    groups: dict[str, argparse._ArgumentGroup] = {}
    for definition in definitions():
        if definition.name in leave_out or (only and definition.name not in only):
            continue
        section = definition.description.section
        if section not in groups:
            groups[section] = parser.add_argument_group(section.lower())
        text = f"{definition.description.reason} Default: {definition.default_text}."
        groups[section].add_argument(definition.argument, metavar=definition.placeholder, help=text.replace("%", "%%"))


def load_settings(parsed: argparse.Namespace, **arguments: object) -> Loaded:
    """Return the settings from parsed arguments, this process's environment and the named TOML file."""
    named = parsed.config or os.environ.get(CONFIG_VARIABLE)
    file = Path(named).expanduser() if named else None
    return load({**vars(parsed), **arguments}, os.environ, file)
