"""The engine of one process: commands and questions go to the hub beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from linarite.domain.commands import Command, HubAddress, Question
from linarite.hubs.directory import Directory
from linarite.hubs.hub import Hub

__all__ = ["LocalBackplane"]

Answer = TypeVar("Answer")


class LocalBackplane:
    """A Backplane without a network."""

    def __init__(self, directory: Directory, empty: Hub) -> None:
        """`empty` answers for hubs that have no connection."""
        self._directory = directory
        self._empty = empty
        self.observer: Callable[[Command], None] | None = None
        """Told of every command that was carried out, if somebody wants to know."""

    def publish(self, command: Command) -> None:
        """Carry out the command at once; a hub without connections has nothing to do."""
        hub = self._directory.find(command.at)
        if hub is not None:
            hub.execute(command)
        if self.observer is not None:
            self.observer(command)

    async def ask(self, question: Question[Answer]) -> Answer:
        """The hub's answer."""
        answer: Answer = self._hub(question.at).answer(question)
        return answer

    async def close(self) -> None:
        """Nothing to leave."""

    def _hub(self, at: HubAddress) -> Hub:
        return self._directory.find(at) or self._empty
