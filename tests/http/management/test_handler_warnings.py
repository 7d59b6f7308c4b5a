"""What the person who saves event handlers is told of them."""

import asyncio
import logging

import pytest
from tests.http.management.conftest import check_handler

from linarite.http.management.handler_warnings import WARNING_HEADER, HandlerWarnings
from linarite.resources.model import EventHandler, HubSettings

REFUSED = "properties.eventHandlers[{}] gets no events now: {}"


async def warnings_of(*templates: str, check=check_handler, patience_seconds: float = 20.0):
    settings = HubSettings("chat", event_handlers=tuple(EventHandler(template) for template in templates))
    return await HandlerWarnings(check, patience_seconds).of(settings, "host")


async def test_handlers_that_want_events_are_not_spoken_of():
    assert await warnings_of() == ()
    assert list(await warnings_of("http://one", "http://two")) == []


async def test_a_refused_handler_is_named_by_its_number_in_characters_that_a_header_may_have():
    (warning,) = await warnings_of("http://one", "http://refused")
    assert warning == REFUSED.format(1, "chat refused host???.")


async def test_a_silent_handler_is_not_waited_for_and_its_secret_not_shown(caplog):
    with caplog.at_level(logging.WARNING):
        refused, silent = await warnings_of(
            "http://refused", "http://u:hidden@silent/{event}?code=hidden", patience_seconds=0.01
        )
    assert refused == REFUSED.format(0, "chat refused host???.")
    assert "'http://***@silent/{event}?code=***' has no good answer after 0.01 seconds" in silent
    assert [record.message for record in caplog.records] == ["event handler saved that gets no events"] * 2


async def test_a_check_that_fails_is_a_warning_and_a_line_in_the_log(caplog):
    (warning,) = await warnings_of("http://faulty")
    assert warning == REFUSED.format(0, "it could not be checked; the server's log says why.")
    assert "upstream_ca_file" in caplog.text


async def test_long_reasons_are_cut():
    async def check(handler, hub, origin):
        return "x" * 10_000

    (warning,) = await warnings_of("http://one", check=check)
    assert len(warning) == 500
    assert warning.endswith("x...")


async def test_ten_handlers_are_asked_at_once_and_no_more():
    asked = []
    all_asked = asyncio.Event()

    async def check(handler, hub, origin):
        asked.append(handler.url_template)
        if len(asked) == 10:
            all_asked.set()
        await all_asked.wait()
        return "no"

    templates = [f"http://{number}" for number in range(12)]
    assert len(await warnings_of(*templates, check=check)) == 10
    assert asked == templates[:10]


async def test_a_client_that_leaves_ends_the_asking():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def check(handler, hub, origin):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    saving = asyncio.create_task(warnings_of("http://one", check=check))
    await begun.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert ended.is_set()


def handlers(*templates: str) -> dict[str, object]:
    return {"properties": {"eventHandlers": [{"urlTemplate": template} for template in templates]}}


def test_a_hub_is_saved_and_the_answer_warns_of_each_refused_handler(arm, resource):
    body = handlers("http://refused-1/", "http://fine/", "http://refused-2/")
    response = arm.put(f"{resource}/hubs/Chat", json=body)
    assert response.status_code == 201
    assert response.headers.get_list(WARNING_HEADER) == [
        REFUSED.format(0, "chat refused 127.0.0.1???."),
        REFUSED.format(2, "chat refused 127.0.0.1???."),
    ]
    assert len(arm.get(f"{resource}/hubs/chat").json()["properties"]["eventHandlers"]) == 3


def test_only_saving_is_warned_of(arm, resource):
    path = f"{resource}/hubs/chat"
    arm.put(path, json=handlers("http://refused/"))
    assert WARNING_HEADER not in arm.get(path).headers
    assert WARNING_HEADER not in arm.put(path, json=handlers("http://fine/")).headers
    assert WARNING_HEADER not in arm.put(path, json=handlers("refused")).headers
    assert WARNING_HEADER not in arm.delete(path).headers
