"""Those who look on: how many, what they have room for, how it ends."""

import asyncio

import pytest

from linarite.monitoring.live_feed import COUNTERS, LOGS, MESSAGES, LiveFeed, TooManyWatchers, Watch
from linarite.monitoring.outflow import Stream

STREAM = Stream("ConnectivityLogs", "/RESOURCE")


def watch(*show, **more):
    return Watch(show=frozenset(show), **more)


def test_so_many_may_look_on_and_no_more():
    feed = LiveFeed(2, 100)
    first = feed.open(watch(COUNTERS))
    feed.open(watch(COUNTERS))
    with pytest.raises(TooManyWatchers):
        feed.open(watch(COUNTERS))
    feed.close(first)
    feed.open(watch(COUNTERS))


def test_whoever_begins_or_ceases_to_look_on_is_told_of():
    feed, told = LiveFeed(2, 100), []
    feed.subscribe(lambda: told.append((feed.counts_messages, feed.wants_logs)))
    one = feed.open(watch(LOGS))
    two = feed.open(watch(MESSAGES))
    feed.close(one)
    feed.close(two)
    assert told == [(False, True), (True, True), (True, False), (False, False)]


def test_messages_are_those_of_the_hub_that_is_watched():
    feed = LiveFeed(4, 100)
    every = feed.open(watch(MESSAGES))
    chat = feed.open(watch(MESSAGES, resource="r", hub="chat"))
    feed.open(watch(COUNTERS, resource="r", hub="chat"))
    assert feed.of_hub("r", "chat") == (every, chat)
    assert feed.of_hub("r", "news") == (every,)


def test_entries_find_room_until_the_next_turn():
    feed = LiveFeed(2, 20)
    watcher = feed.open(watch(LOGS))
    feed.open(watch(MESSAGES))
    for number in range(4):
        feed.add(STREAM, 100, 3, lambda text: text.encode(), (str(number),))
    taken = watcher.take()
    assert [render(*arguments) for render, arguments in taken.logs] == [b"0", b"1"]
    assert taken.skipped_logs == 6
    assert watcher.take().skipped_logs == 0
    feed.add(STREAM, 100, 1, lambda: b"x", ())
    assert len(watcher.take().logs) == 1


async def test_the_end_lets_everybody_go_at_once():
    feed = LiveFeed(2, 20)
    started = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(feed.turn())
    await waiting
    assert asyncio.get_running_loop().time() - started >= 0.09
    assert not feed.is_over
    feed.end()
    assert feed.is_over
    await asyncio.wait_for(feed.turn(), 0.09)
    with pytest.raises(TooManyWatchers):
        feed.open(watch(COUNTERS))
