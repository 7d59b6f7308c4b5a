"""How a tool ends that did not do what was asked: a sentence for a person, and an exit code for a script."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitCode", "Refused", "ToolFailed", "Unreachable", "WrongUse"]


class ExitCode(IntEnum):
    """What a script can tell from a tool's end; docs/tools.md has the table."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    UNREACHABLE = 3
    REFUSED = 4
    # What shells make of SIGINT and SIGTERM: 128 and the signal's number.
    INTERRUPTED = 130
    TERMINATED = 143


class ToolFailed(Exception):
    """A tool could not do it; the text says what was expected and what came, and holds no key and no token."""

    exit_code = ExitCode.FAILED


class WrongUse(ToolFailed):
    """Arguments, a connection string or a file are not what the tool takes."""

    exit_code = ExitCode.WRONG_USE


class Unreachable(ToolFailed):
    """Nothing answers: the name, the port, TLS or the connection failed."""

    exit_code = ExitCode.UNREACHABLE


class Refused(ToolFailed):
    """The endpoint answered that this caller may not: 401 or 403, or an ack that says Forbidden."""

    exit_code = ExitCode.REFUSED
