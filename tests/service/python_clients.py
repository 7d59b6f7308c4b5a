"""The official Python client for subscribers in both its forms, behind one face, so that one test serves both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.aio import WebPubSubClient as AsyncWebPubSubClient
from azure.messaging.webpubsubclient.aio import WebPubSubClientCredential as AsyncWebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType
from tests.running_server import DEADLINE_SECONDS

__all__ = ["FORMS", "SHORT_WAITS", "Events", "OpenClient", "python_clients"]

FORMS = ("sync", "aio")
# The synchronous client misses an opening or an ack that comes before it waits for it, and then sits out its time.
SHORT_WAITS = {"start_timeout": 2.0, "ack_timeout": 1.0}


class Events:
    """What a client reported, one queue for each kind: the clients promise no order between kinds."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queues: dict[CallbackType, asyncio.Queue[Any]] = {kind: asyncio.Queue() for kind in CallbackType}

    def record_from_thread(self, kind: CallbackType, *arguments: Any) -> None:
        # A client's threads outlive a test that has failed.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.queues[kind].put_nowait, *(arguments or [None]))

    async def record(self, kind: CallbackType, *arguments: Any) -> None:
        self.queues[kind].put_nowait(*(arguments or [None]))

    async def next(self, kind: CallbackType) -> Any:
        return await asyncio.wait_for(self.queues[kind].get(), DEADLINE_SECONDS)

    def heard_nothing_of(self, *kinds: CallbackType) -> bool:
        """Whether there is no report of these kinds that nobody has asked for."""
        return all(self.queues[kind].empty() for kind in kinds)


class _InThread:
    """The synchronous client with every method awaitable."""

    def __init__(self, client: WebPubSubClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **options: Any) -> Any:
            return await asyncio.to_thread(getattr(self.client, name), *arguments, **options)

        return call

    def is_connected(self) -> bool:
        return self.client.is_connected()


OpenClient = Callable[..., Awaitable[tuple[Any, Events]]]


@asynccontextmanager
async def python_clients(form: str, **usual: Any) -> AsyncIterator[OpenClient]:
    """Give a function that opens a client and returns it with its events; clients are closed at the end.

    It takes a client access URL or a function that makes one, and options of the client; `usual` are those that it
    gets anyway.
    """
    async with AsyncExitStack() as stack:

        async def open_one(url: str | Callable[[], str], **options: Any) -> tuple[Any, Events]:
            events = Events()
            options = SHORT_WAITS | usual | options
            client: Any
            if form == "sync":
                client = _InThread(WebPubSubClient(WebPubSubClientCredential(url), **options))
                record: Callable[..., Any] = events.record_from_thread
            else:
                client = AsyncWebPubSubClient(AsyncWebPubSubClientCredential(_asking(url)), **options)
                record = events.record
            for kind in CallbackType:
                await client.subscribe(kind, _listener(record, kind))
            stack.push_async_callback(client.close)
            await client.open()
            return client, events

        yield open_one


def _asking(url: str | Callable[[], str]) -> Any:
    if isinstance(url, str):
        return url

    async def ask() -> str:
        return url()

    return ask


def _listener(record: Callable[..., Any], kind: CallbackType) -> Callable[..., Any]:
    def report(*arguments: Any) -> Any:
        return record(kind, *arguments)

    return report
