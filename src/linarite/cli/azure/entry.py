"""The way in for commands of the grammar of `az`; importing it costs nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Carry out one command, such as `["group", "list"]`, and return the exit code that `az` would have.

    0 it was done, 1 it failed, 2 it was used in a wrong way, 3 what it names is not there.
    """
    from linarite.cli.azure.program import Program

    try:
        exit_code: int = Program().invoke(list(arguments))
    except SystemExit as end:
        exit_code = end.code if isinstance(end.code, int) else 1
    _let_go_of_output()
    return exit_code


def _let_go_of_output() -> None:
    """Write what is left; where nobody reads it any more, the interpreter shall not try it again."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
