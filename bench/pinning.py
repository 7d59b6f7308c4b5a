"""Which core runs what: the server has one core to itself and the generator another."""

import os
import shutil
from collections.abc import Sequence

SERVER_CORE = 0
GENERATOR_CORE = 1


def can_pin() -> bool:
    """Whether this machine has two cores for the bench and `taskset` to hand them out."""
    return shutil.which("taskset") is not None and {SERVER_CORE, GENERATOR_CORE} <= os.sched_getaffinity(0)


def pinned(command: Sequence[str], core: int) -> list[str]:
    """Return the command pinned to a core, or as it is where nothing can be pinned."""
    # taskset replaces itself by the command, so the process id stays the one that was started.
    return ["taskset", "-c", str(core), *command] if can_pin() else list(command)
