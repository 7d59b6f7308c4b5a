"""Completion of commands in a shell: the script that a shell reads, and the words that are then offered.

A shell that has read the script runs `linarite` with `_ARGCOMPLETE` in its environment and the line so far in
`COMP_LINE`; whatever parser is made then says what may follow (argcomplete, "Global completion").
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection, Sequence

import argcomplete
from argcomplete.shell_integration import shellcode

from linarite.cli.setting_arguments import COMPLETION_VARIABLE, new_parser

__all__ = ["complete", "run_completion"]

_SHELLS = ("bash", "zsh")


def run_completion(words: Sequence[str]) -> int:
    """Print the script with which a shell completes the commands."""
    parser = new_parser("completion", 'Print a script that has a shell complete commands, for: eval "$(...)".')
    parser.add_argument("shell", choices=_SHELLS)
    print(shellcode(["linarite"], shell=parser.parse_args(words).shell))
    return 0


def complete(own: Collection[str], azure: Collection[str], run: Callable[[Sequence[str]], int]) -> int:
    """Offer what may follow the line so far: a first word, else what that command offers when it is run.

    The first words are those of our `own` commands, and those of the commands in the grammar of `az`, whose parser
    knows the first word too.
    """
    line = os.environ.get("COMP_LINE", "")
    words = line[: int(os.environ.get("COMP_POINT", len(line)))].split(" ")
    # The last word is still being written.
    command = next((word for word in words[1:-1] if word), None)
    if command is None:
        argcomplete.autocomplete(_first_word_parser((*own, *azure)), always_complete_options=False)
    elif command in azure:
        return run(words[1:-1])
    elif command in own:
        # A parser of our own begins behind the command: argcomplete counts from the second word.
        os.environ[COMPLETION_VARIABLE] = "2"
        return run([command])
    return 0


def _first_word_parser(commands: Collection[str]) -> argparse.ArgumentParser:
    parser = new_parser("", "")
    parser.add_argument("command", choices=[word for word in commands if not word.startswith("-")])
    return parser
