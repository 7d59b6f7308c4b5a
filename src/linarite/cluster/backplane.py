"""What every engine offers: commands for all, questions to all."""

from __future__ import annotations

from typing import Protocol, TypeVar

from linarite.domain.commands import Command, Question

__all__ = ["Backplane"]

Answer = TypeVar("Answer")


class Backplane(Protocol):
    """Commands reach every node that has something of theirs, questions are answered from all of them."""

    def publish(self, command: Command) -> None:
        """Have a command carried out: on this node before the call returns, elsewhere in the order of the calls."""

    async def ask(self, question: Question[Answer]) -> Answer:
        """The answer, put together from all nodes."""

    async def close(self) -> None:
        """Leave the cluster."""
