"""`linarite replay`: the messages of a recording are published again, in their order, at their pace or another one.

What came from a group goes to that group, by a client; what came from the server to everybody in the hub, by REST.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import time
from collections.abc import Sequence
from pathlib import Path

from linarite.cli.tools.arguments import add_hub_argument, context_of, new_tool_parser, target_of
from linarite.cli.tools.clients import Client, ConnectionEnded, Frame, refusal_of
from linarite.cli.tools.entry import until_interrupted
from linarite.cli.tools.failures import ExitCode, ToolFailed, WrongUse
from linarite.cli.tools.output import Output
from linarite.cli.tools.publishing import MEDIA_TYPES
from linarite.cli.tools.recordings import Recorded, read_recording
from linarite.cli.tools.rest import Rest
from linarite.cli.tools.targets import check_hub

__all__ = ["run"]

# Publishes that wait for their acks: enough for a fast replay over a long line.
_IN_FLIGHT = 100
_LAST_ACKS_SECONDS = 30.0


def run(word: str, words: Sequence[str]) -> int:
    """Publish the messages of a recording."""
    parser = new_tool_parser(word, "Publish the messages of a recording again, at their pace or faster.")
    parser.add_argument("file", metavar="FILE", type=Path, help="what linarite record has written")
    add_hub_argument(parser, required=False)
    parser.add_argument("--group", metavar="NAME", help="publish all of them to this group")
    parser.add_argument(
        "--speed", metavar="X", type=_speed, default=1.0, help="2: twice as fast; max: without a pause; default: 1"
    )
    parsed = parser.parse_args(words)
    about, messages = read_recording(parsed.file)
    if not messages:
        raise ToolFailed(f"nothing to replay: {parsed.file} holds no message")
    hub = parsed.hub or about.get("hub")
    if not isinstance(hub, str):
        raise WrongUse(f"{parsed.file} names no hub: expected --hub")
    parsed.hub = check_hub(hub)
    return until_interrupted(_replay(parsed, messages))


def _speed(text: str) -> float:
    """How often faster; infinite for `max`."""
    speed = float("inf") if text == "max" else float(text)
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0 or max, got {text}")
    return speed


async def _replay(parsed: argparse.Namespace, messages: Sequence[Recorded]) -> int:
    target = target_of(parsed)
    context = context_of(parsed, target)
    output = Output(is_json=parsed.json)
    url = target.client_url(parsed.hub, roles=["webpubsub.sendToGroup"])
    begun = time.monotonic()
    async with Client(url, context, lambda _frame: None, output.note) as client:
        with Rest(target, context) as rest:
            replay = _Replay(parsed.hub, parsed.group, client, rest)
            for message in messages:
                await _sleep_until(begun + (message.at - messages[0].at) / parsed.speed)
                await replay.publish(message.frame)
            await replay.settle()
    seconds = time.monotonic() - begun
    output.line(
        {"file": str(parsed.file), "messages": len(messages), "seconds": round(seconds, 3)},
        (f"replayed {len(messages)} messages of {parsed.file} in {seconds:.1f} s", ""),
    )
    return ExitCode.DONE


async def _sleep_until(moment: float) -> None:
    wait = moment - time.monotonic()
    if wait > 0:
        await asyncio.sleep(wait)


class _Replay:
    """Publishes one message after the other."""

    def __init__(self, hub: str, group: str | None, client: Client, rest: Rest) -> None:
        self._hub = hub
        self._group = group
        self._client = client
        self._rest = rest
        self._in_flight = 0
        self._changed = asyncio.Event()
        self._failure: ToolFailed | None = None

    async def publish(self, frame: Frame) -> None:
        """Publish a message as it was heard. Raises ToolFailed for one before it that failed, too."""
        group = self._group or (frame.get("group") if frame.get("from") == "group" else None)
        if group is not None:
            await self._wait_for(_IN_FLIGHT - 1)
            self._in_flight += 1
            self._client.send(_publish_frame(frame, str(group)), self._answered)
        else:
            await self.settle()  # so that what goes another way does not get ahead
            await asyncio.to_thread(self._publish_to_all, frame)

    async def settle(self) -> None:
        """Return when everything is acknowledged. Raises ToolFailed."""
        await self._wait_for(0)

    async def _wait_for(self, in_flight: int) -> None:
        while self._failure is None and self._in_flight > in_flight:
            self._changed.clear()
            change = asyncio.ensure_future(self._changed.wait())
            done, _ = await asyncio.wait(
                (change, self._client.ended), timeout=_LAST_ACKS_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            change.cancel()
            if self._client.ended.done():
                raise ConnectionEnded(f"the connection ended: {self._client.ended.result()}")
            if not done:
                raise ToolFailed(f"{self._in_flight} messages are not acknowledged in {_LAST_ACKS_SECONDS:.0f} s")
        if self._failure is not None:
            raise self._failure

    def _answered(self, ack: Frame) -> None:
        self._in_flight -= 1
        self._failure = self._failure or refusal_of(ack)
        self._changed.set()

    def _publish_to_all(self, frame: Frame) -> None:
        kind = frame.get("dataType")
        data = frame.get("data")
        if kind not in MEDIA_TYPES:
            raise WrongUse(f"a message of the server has data of type {kind}, which REST cannot send; give --group")
        content = base64.b64decode(str(data)) if kind == "binary" else str(data).encode("utf-8", "replace")
        if kind == "json":
            content = json.dumps(data).encode()
        headers = {f"X-WebPubSub-Metadata-{name}": text for name, text in (frame.get("metadata") or {}).items()}
        self._rest.do(
            "POST", self._hub, ":send", headers={**headers, "Content-Type": MEDIA_TYPES[kind]}, content=content
        )


def _publish_frame(frame: Frame, group: str) -> Frame:
    kept: Frame = {name: frame[name] for name in ("dataType", "data", "metadata") if name in frame}
    return {"type": "sendToGroup", "group": group, **kept}
