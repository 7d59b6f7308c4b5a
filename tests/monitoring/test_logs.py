"""Log lines: form, levels, fields, and secrets that never show."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.monitoring.logs import JsonFormatter, TextFormatter, log_event, set_up_logging

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give a stream for log lines; logging is as before when the test ends."""
    root, own = logging.getLogger(), logging.getLogger("linarite")
    before = (list(root.handlers), root.level, own.level)
    yield io.StringIO()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])


def record(phrase: str = "client connected", **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("linarite.hubs", logging.INFO, "hub.py", 1, "%s", (phrase,), None)
    made.fields = fields
    return made


def test_a_json_line_is_one_object_with_event_and_fields(stream):
    set_up_logging("info", "json", stream)

    log_event(logging.getLogger("linarite.hubs"), logging.INFO, "client connected", hub="chat", connections=3)

    document = json.loads(stream.getvalue())
    time = datetime.fromisoformat(document.pop("time"))
    assert time.utcoffset() is not None
    assert stream.getvalue().count("\n") == 1
    assert document == {
        "level": "info",
        "logger": "linarite.hubs",
        "event": "client connected",
        "hub": "chat",
        "connections": 3,
    }


def test_a_text_line_has_the_event_and_quoted_fields(stream):
    set_up_logging("info", "text", stream)

    log_event(logging.getLogger("linarite.hubs"), logging.WARNING, "client closed", hub="chat", reason="too slow")

    assert stream.getvalue().endswith(' WARNING linarite.hubs client closed hub=chat reason="too slow"\n')


def test_lines_below_the_level_are_not_written(stream):
    set_up_logging("warning", "text", stream)

    log_event(logging.getLogger("linarite.hubs"), logging.INFO, "client connected")

    assert stream.getvalue() == ""


def test_debug_shows_our_lines_and_not_those_of_libraries(stream):
    set_up_logging("debug", "text", stream)

    log_event(logging.getLogger("linarite.hubs"), logging.DEBUG, "frame received")
    logging.getLogger("uvicorn.access").info("GET /?access_token=%s", TOKEN)

    assert stream.getvalue().count("\n") == 1
    assert "frame received" in stream.getvalue()


def test_setting_up_twice_writes_each_line_once(stream):
    set_up_logging("info", "text", io.StringIO())
    set_up_logging("info", "text", stream)

    log_event(logging.getLogger("linarite"), logging.INFO, "once")

    assert stream.getvalue().count("once") == 1


def test_an_exception_is_a_member_of_the_one_json_line(stream):
    set_up_logging("info", "json", stream)
    error = ValueError("broken")

    log_event(logging.getLogger("linarite"), logging.ERROR, "request failed", exception=error, hub="chat")

    assert stream.getvalue().count("\n") == 1
    document = json.loads(stream.getvalue())
    assert document["exception"].endswith("ValueError: broken")
    assert document["hub"] == "chat"


def test_an_exception_in_text_follows_its_line(stream):
    set_up_logging("info", "text", stream)

    log_event(logging.getLogger("linarite"), logging.ERROR, "request failed", exception=ValueError("broken"))

    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("request failed")
    assert rest[-1] == "ValueError: broken"


def test_a_field_does_not_replace_what_every_json_line_has():
    line = JsonFormatter().format(record(level="made up", event="made up", logger="made up", user="u"))

    document = json.loads(line)
    assert (document["level"], document["event"], document["logger"]) == ("info", "client connected", "linarite.hubs")
    assert document["user"] == "u"


def test_a_line_of_another_library_has_its_arguments_filled_in():
    made = logging.LogRecord("uvicorn", logging.ERROR, "x.py", 1, "bind to %s:%d failed", ("::1", 80), None)

    assert json.loads(JsonFormatter().format(made))["event"] == "bind to ::1:80 failed"
    assert TextFormatter().format(made).endswith("bind to ::1:80 failed")


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
@pytest.mark.parametrize(
    "text",
    [
        f"GET /client/hubs/chat?access_token={TOKEN}&x=1",
        f"access_token={TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"token {TOKEN} refused",
        "Endpoint=https://localhost:8443;AccessKey=c2VjcmV0c2VjcmV0;Version=1.0;",
        "authorization: bearer c2VjcmV0c2VjcmV0",
    ],
)
def test_tokens_and_keys_that_reach_a_line_are_blotted_out(formatter, text):
    for made in (record(text), record(reason=text)):
        line = formatter.format(made)

        assert "***" in line
        assert "c2VjcmV0" not in line
        assert TOKEN.split(".")[1] not in line


@pytest.mark.parametrize("user", ["a b", "a\nforged line", "a=b", 'a"b', "a\x1b[31m", "a\u2028b", "", "a\\b"])
def test_a_field_cannot_forge_a_text_line_or_another_field(user):
    line = TextFormatter().format(record(user=user))

    assert line.splitlines() == [line]
    assert json.loads(line.partition("user=")[2]) == user


@given(event=st.text(min_size=1), value=st.text())
def test_any_text_makes_one_line_in_both_forms(event, value):
    text = TextFormatter().format(record(event, user=value))
    document = JsonFormatter().format(record(event, user=value))

    assert text.splitlines() == [text]
    assert "\n" not in document
    json.loads(document)
