"""Bytes of messages that a resource took and gave, and how much it may still give today.

Payload bytes only, as the service counts traffic (concept-metrics: "the inbound traffic to the service"): neither
frames and heads around them, nor acks and what else the service says of its own.
"""

from __future__ import annotations

import math

__all__ = ["MESSAGE_BYTES", "Traffic", "messages_of"]

MESSAGE_BYTES = 2048
"""Outbound traffic is counted in messages of 2 KB (concept-billing-model); the page does not say which KB."""


class Traffic:
    """The traffic of one resource since the server's start: counters that the hot paths add to, one addition each."""

    __slots__ = ("inbound_bytes", "outbound_bytes", "outbound_limit", "refused_sends")

    def __init__(self) -> None:
        self.inbound_bytes = 0
        """From clients and from bodies of REST calls."""
        self.outbound_bytes = 0
        """To clients and to event handlers."""
        self.outbound_limit: float = math.inf
        """The value of `outbound_bytes` at which today's quota is used up."""
        self.refused_sends = 0
        """Messages and events that were refused because of it."""

    @property
    def is_used_up(self) -> bool:
        """Whether today's message quota is used up, so that nothing more may be sent."""
        return self.outbound_bytes >= self.outbound_limit


def messages_of(size: int) -> int:
    """How many messages so many bytes count as: the sum is divided, and rounded up once."""
    return -(-size // MESSAGE_BYTES)
