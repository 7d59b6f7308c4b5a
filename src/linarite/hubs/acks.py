"""Which requests of one client have succeeded, by their ack ids."""

from __future__ import annotations

from collections import deque

__all__ = ["AckMemory"]


class AckMemory:
    """The newest successful ack ids of a connection, so that none of them is carried out twice."""

    __slots__ = ("_ids", "_limit", "_order")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: set[int] = set()
        self._order: deque[int] = deque()

    def __contains__(self, ack_id: int) -> bool:
        return ack_id in self._ids

    def add(self, ack_id: int) -> None:
        """Remember one more, and forget the oldest if it is one too many."""
        self._ids.add(ack_id)
        self._order.append(ack_id)
        if len(self._order) > self._limit:
            self._ids.discard(self._order.popleft())
