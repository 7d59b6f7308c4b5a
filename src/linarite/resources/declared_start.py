"""What a start does about the file that declares resources, and what it says of it in the log."""

from __future__ import annotations

import logging
from pathlib import Path

from linarite.monitoring.logs import log_event
from linarite.resources.declared import DeclarationError, Outcome, carry_out
from linarite.resources.declared_files import read_declared
from linarite.resources.errors import ResourceError
from linarite.resources.registry import Registry

__all__ = ["make_declared"]

_log = logging.getLogger(__name__)


def make_declared(registry: Registry, file: Path, *, correct: bool, fresh: frozenset[str] = frozenset()) -> None:
    """Make what the file declares and is missing; log what has drifted, and put it right with `correct`.

    `fresh` are resources that this start has made itself. Raises DeclarationError, before anything is changed.
    """
    declared = read_declared(file)
    try:
        outcomes = carry_out(registry, declared, correct=correct, fresh=fresh)
    except ResourceError as error:
        raise DeclarationError(f"{file.name}: {error.message}") from None
    for ignored in declared.ignored:
        log_event(
            _log, logging.WARNING, "declared resource passed over", resource=ignored, reason="type not known here"
        )
    for outcome in outcomes:
        _tell(outcome)


def _tell(outcome: Outcome) -> None:
    """Name members and never their values: a URL of an event handler may hold a secret."""
    if not outcome.members:
        log_event(_log, logging.INFO, "declared resource made", subject=outcome.subject)
        return
    level, event = (logging.INFO, "drift corrected") if outcome.is_done else (logging.WARNING, "not as declared")
    log_event(_log, level, event, subject=outcome.subject, members=", ".join(outcome.members))
