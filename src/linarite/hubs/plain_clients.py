"""What the messages of a plain client are (concept-client-protocols, `webpubsub_mode`)."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["PlainMode", "PlainPublish"]


class PlainMode(Enum):
    """What a plain client's messages are (`webpubsub_mode` of its URL)."""

    SEND_EVENT = "sendEvent"
    SEND_TO_GROUP = "sendToGroup"


class PlainPublish(NamedTuple):
    """Where a plain client in the mode `sendToGroup` publishes."""

    group: str
    no_echo: bool
