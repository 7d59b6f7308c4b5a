"""Who has signed in to the console: sessions, and links that open one.

A session is a signed text, so that it outlives a restart of the server; the key comes from the administrator's
credential, so that a new credential ends every session. Links are good once, and for as long as this process lives.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from linarite.access.administrator import Administrator

__all__ = ["Sessions"]

_LINK_BYTES = 24
# More links than anybody has open; the oldest goes first.
_LINKS_LIMIT = 64
_ENDED_LIMIT = 4096
_PURPOSE = b"sessions of the console"


class Sessions:
    """Makes and checks sessions."""

    def __init__(self, administrator: Administrator, clock: Callable[[], float], seconds: float) -> None:
        """`clock` gives seconds since 1970; a session is good for so many `seconds`."""
        self._administrator = administrator
        self._clock = clock
        self._seconds = seconds
        # By their hashes, so that the time of a look-up tells nothing of them.
        self._links: dict[bytes, float | None] = {}
        self._ended: dict[str, None] = {}

    def now(self) -> float:
        """The time by which sessions end."""
        return self._clock()

    def new_link(self, seconds: float | None = None) -> str:
        """A text that opens one session, within so many seconds if there is a limit."""
        while len(self._links) >= _LINKS_LIMIT:
            del self._links[next(iter(self._links))]
        link = secrets.token_urlsafe(_LINK_BYTES)
        self._links[_hash(link)] = None if seconds is None else self._clock() + seconds
        return link

    def open(self, secret: str) -> str | None:
        """A new session for whoever knows the administrator's credential or an unused link; None for others."""
        if self._administrator.holds(secret) or self._spend(secret):
            expiry = int(self._clock() + self._seconds)
            return self._signed(f"{expiry}.{secrets.token_hex(8)}")
        return None

    def expiry_of(self, session: str) -> float | None:
        """When the session ends, in seconds since 1970; None if it is none or over."""
        text, _, _ = session.rpartition(".")
        expiry, _, _ = text.partition(".")
        if not session.isascii() or not expiry.isdecimal() or not self._administrator.credential:
            return None
        if not hmac.compare_digest(self._signed(text), session) or session in self._ended:
            return None
        return float(expiry) if self._clock() < float(expiry) else None

    def end(self, session: str) -> None:
        """Sign out: the session is good for nothing any more, as long as this process lives."""
        if self.expiry_of(session) is not None:
            while len(self._ended) >= _ENDED_LIMIT:
                del self._ended[next(iter(self._ended))]
            self._ended[session] = None

    def _spend(self, secret: str) -> bool:
        key = _hash(secret)
        if key not in self._links:
            return False
        until = self._links.pop(key)
        return until is None or self._clock() < until

    def _signed(self, text: str) -> str:
        key = hmac.digest(self._administrator.credential, _PURPOSE, "sha256")
        return f"{text}.{hmac.digest(key, text.encode(), 'sha256').hex()}"


def _hash(link: str) -> bytes:
    return hashlib.sha256(link.encode(errors="surrogatepass")).digest()
