"""The endpoints for tests of a running server, as Python calls (docs/testing.md).

The standard library's HTTP client is enough for them, so that a test environment needs nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

__all__ = ["CallFailed", "Controls", "Fault", "WaitFailed"]

_PATH = "/linarite/development"
# What a wait may take on the server, and how much longer its answer may.
_WAIT_SECONDS = 10.0
_ANSWER_SECONDS = 10.0
_TIME_OVER = 504
# Proxies of the environment are for other hosts than the one that tests run on.
_open = build_opener(ProxyHandler({})).open


class WaitFailed(AssertionError):
    """What a test waited for did not come in time; the text tells what there was instead."""


class CallFailed(RuntimeError):
    """The server refused a call; the text is its own."""


class Fault:
    """A fault that is set."""

    def __init__(self, controls: Controls, number: int) -> None:
        self._controls = controls
        self.number = number

    def records(self) -> Sequence[Mapping[str, Any]]:
        """What it has done until now, oldest first."""
        found: Sequence[Mapping[str, Any]] = self._controls.call("GET", "/faults/record", number=self.number)["value"]
        return found

    def end(self) -> None:
        """End it; one that is over already may be ended again."""
        try:
            self._controls.call("DELETE", "/faults", number=self.number)
        except CallFailed as error:
            if "is not set" not in str(error):
                raise


class Controls:
    """Looks at a server, waits for it, resets it, and has things go wrong there."""

    def __init__(self, endpoint: str, credential: str | None = None) -> None:
        """`credential` is the administrator's, which servers ask for that are not on this machine."""
        self._endpoint = endpoint.rstrip("/")
        self._credential = credential

    def call(self, method: str, path: str, body: object = None, **query: object) -> Any:  # noqa: ANN401 - JSON
        """The answer of one endpoint. Raises CallFailed, and WaitFailed when a wait is over."""
        return self.request(method, _PATH + path, body, **query)

    def request(self, method: str, path: str, body: object = None, **query: object) -> Any:  # noqa: ANN401 - JSON
        """The answer to a call of any path of the server, None if it has no body."""
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{self._endpoint}{path}" + (f"?{urlencode(given)}" if given else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        if self._credential is not None:
            headers["Authorization"] = f"Bearer {self._credential}"
        request = Request(url, data, headers, method=method)  # noqa: S310 - the scheme is the server's own
        try:
            with _open(request, timeout=_timeout(given)) as answer:
                text = answer.read()
        except HTTPError as error:
            raise _failure(error, path, given) from None
        return json.loads(text) if text else None

    # Looking

    def state(self) -> Mapping[str, Any]:
        """Counts by hub, and a mark."""
        found: Mapping[str, Any] = self.call("GET", "/state")
        return found

    def mark(self) -> str:
        """This moment, from which waiting for messages and events may count."""
        return str(self.state()["mark"])

    def connections(
        self, *, hub: str | None = None, user: str | None = None, group: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Connections, a thousand at most."""
        found: Sequence[Mapping[str, Any]] = self.call("GET", "/connections", hub=hub, user=user, group=group)["value"]
        return found

    # Waiting

    def wait_for_connections(
        self,
        at_least: int | None = None,
        *,
        at_most: int | None = None,
        hub: str | None = None,
        user: str | None = None,
        group: str | None = None,
        seconds: float = _WAIT_SECONDS,
    ) -> int:
        """How many connections there are, once they are as many as wished. Raises WaitFailed."""
        wished = {"atLeast": at_least, "atMost": at_most, "hub": hub, "user": user, "group": group}
        return int(self.call("GET", "/wait/connections", **wished, seconds=seconds)["count"])

    def wait_for_messages(
        self,
        at_least: int = 1,
        *,
        hub: str | None = None,
        group: str | None = None,
        since: str | None = None,
        seconds: float = _WAIT_SECONDS,
    ) -> Sequence[Mapping[str, Any]]:
        """The messages that were published since a mark, once they are so many. Raises WaitFailed."""
        wished = {"atLeast": at_least, "hub": hub, "group": group, "since": since}
        found: Sequence[Mapping[str, Any]] = self.call("GET", "/wait/messages", **wished, seconds=seconds)["value"]
        return found

    def wait_for_events(
        self,
        event: str | None = None,
        at_least: int = 1,
        *,
        hub: str | None = None,
        connection: str | None = None,
        since: str | None = None,
        seconds: float = _WAIT_SECONDS,
    ) -> Sequence[Mapping[str, Any]]:
        """The events that handlers have answered since a mark, once they are so many. Raises WaitFailed."""
        wished = {"event": event, "atLeast": at_least, "hub": hub, "connection": connection, "since": since}
        found: Sequence[Mapping[str, Any]] = self.call("GET", "/wait/events", **wished, seconds=seconds)["value"]
        return found

    # Changing

    def reset(self, hub: str | None = None) -> Mapping[str, Any]:
        """Start anew: the whole server, or one hub."""
        done: Mapping[str, Any] = self.call("POST", "/reset", hub=hub)
        return done

    @contextmanager
    def fault(self, kind: str, **members: Any) -> Iterator[Fault]:  # noqa: ANN401 - the server checks them
        """Have something go wrong while the block runs; members are written `delay_seconds` or `delaySeconds`."""
        wanted = {_camel(name): value for name, value in members.items() if value is not None}
        fault = Fault(self, self.call("POST", "/faults", {"kind": kind, **wanted})["number"])
        try:
            yield fault
        finally:
            fault.end()


def _timeout(query: Mapping[str, object]) -> float:
    seconds = query.get("seconds")
    return _ANSWER_SECONDS + (float(seconds) if isinstance(seconds, int | float) else 0.0)


def _failure(error: HTTPError, path: str, query: Mapping[str, object]) -> Exception:
    text = error.read().decode("utf-8", "replace")
    if error.code == _TIME_OVER and "/wait/" in path:
        return WaitFailed(f"waited for {path.rpartition('/')[2]} with {dict(query)}, got {text}")
    return CallFailed(f"{path}: {error.code} {text}")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
