"""Frames of streams as JSON clients write and read them."""

from __future__ import annotations

from typing import Any

from tests.running_server import Client


def start(stream_id: str = "s", group: str = "g", *, no_echo: bool = True, **more: Any) -> dict[str, Any]:
    return {"type": "sendToGroup", "group": group, "noEcho": no_echo, "stream": {"streamId": stream_id, **more}}


def data(number: int, text: str | None = None, stream_id: str = "s") -> dict[str, Any]:
    content = {"dataType": "text", "data": text or f"d{number}"}
    return {"type": "streamData", "streamId": stream_id, "streamSequenceId": number, **content}


def end(stream_id: str = "s", **error: str) -> dict[str, Any]:
    return {"type": "streamEnd", "streamId": stream_id, **({"error": error} if error else {})}


def ack(expected: int, stream_id: str = "s") -> dict[str, Any]:
    return {"type": "streamAck", "streamId": stream_id, "expectedSequenceId": expected}


CLOSED = {"type": "streamClosed", "streamId": "s"}


async def error_of(client: Client) -> str:
    """The name of the error in the `streamClosed` that is the client's next frame."""
    told = await client.message()
    assert told["type"] == "streamClosed", told
    return told["error"]["name"]


async def fragments(client: Client, count: int) -> list[tuple[int, str]]:
    """Number and data of the next fragments."""
    rows = [await client.message() for _ in range(count)]
    assert not any("endOfStream" in row["stream"] for row in rows), rows
    return [(row["stream"]["streamSequenceId"], row["data"]) for row in rows]


async def last(client: Client) -> tuple[int, dict[str, str] | None]:
    """Number and error of the end of the stream, which has to be the client's next frame."""
    told = await client.message()
    assert told["stream"]["endOfStream"] is True, told
    assert (told["dataType"], told["data"]) == ("text", "")
    return told["stream"]["streamSequenceId"], told["stream"].get("error")
