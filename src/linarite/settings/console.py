"""The console: a web page on the server's own port."""

from dataclasses import dataclass
from typing import Literal

from linarite.settings.definitions import setting

__all__ = ["ConsoleSettings"]


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """The console."""

    console: Literal["off", "read", "write"] = setting(
        "write",
        section="Console",
        serve_default="off",
        reason="The web page at `/`, for whoever signs in: `read` only looks, `write` also sends, closes, grants and "
        "changes resources. Under `linarite serve` it is there only when somebody has asked for it.",
    )
    console_session_seconds: float = setting(
        43_200.0,
        section="Console",
        unit="seconds",
        minimum=60,
        maximum=31_536_000,
        reason="How long a browser stays signed in: half a day. `linarite token rotate` ends all sessions at once.",
    )
    console_feeds: int = setting(
        4,
        section="Console",
        minimum=1,
        maximum=1000,
        reason="Pages that may watch at the same time. Each costs up to 3 % of the server's throughput.",
    )
    console_messages_per_second: int = setting(
        200,
        section="Console",
        unit="messages per second",
        minimum=10,
        maximum=100_000,
        reason="Messages that a page is shown; of more it gets a sample and the number of those left out. Nobody reads "
        "as many, and each costs the server some 30 us.",
    )
