"""The last calls, as people may see them."""

import pytest

from linarite.events.call_log import CallLog, CallRecord, shown_url
from linarite.events.http_replies import HttpReply
from linarite.events.outbound import Call, CallResult, Outcome


def add(
    log: CallLog, *, body: bytes = b"{}", reply: HttpReply | None = None, headers=(), url="http://h/x"
) -> CallRecord:
    call = Call("chat", "message", "conn1", url, "http://h/v", "svc", list(headers), body)
    outcome = Outcome(CallResult.ANSWERED if reply else CallResult.TIMED_OUT, reply, "", 1)
    return log.add(call, outcome, resource="r", at=0.5, seconds=0.25).record()


def test_a_record_has_the_request_the_reply_and_the_timing():
    log = CallLog(10, 1000)
    record = add(log, body=b"hi", reply=HttpReply(200, (("content-type", "text/plain"),), b"yes"), headers=[("a", "b")])
    assert log.records() == [record]
    assert (record.number, record.at, record.duration_ms) == (1, "1970-01-01T00:00:00.500Z", 250.0)
    assert (record.hub, record.event, record.connection, record.url) == ("chat", "message", "conn1", "http://h/x")
    assert (record.result, record.status) == ("answered", 200)
    assert (record.request_headers, record.reply_headers) == ([("a", "b")], [("content-type", "text/plain")])
    assert (record.request_body.text, record.reply_body.text) == ("hi", "yes")


def test_a_call_without_a_reply_is_kept_too():
    record = add(CallLog(10, 1000))
    assert (record.result, record.status, record.reply_body) == ("timed out", None, None)


def test_the_newest_are_kept_by_count():
    log = CallLog(3, 1000)
    for _ in range(5):
        add(log)
    assert [record.number for record in log.records()] == [5, 4, 3]
    assert log.find(2) is None
    assert log.find(3) is not None


def test_the_newest_are_kept_by_bytes():
    log = CallLog(100, 1000)
    for _ in range(5):
        add(log, body=b"x" * 300, reply=HttpReply(200, (), b"y" * 100))
    assert [record.number for record in log.records()] == [5, 4]
    add(log, body=b"x" * 2000)
    assert log.records() == []


def test_credentials_are_blotted_out():
    headers = [("Authorization", "Bearer t"), ("Cookie", "a=b"), ("ce-signature", "sha256=ab"), ("ce-id", "1")]
    record = add(
        CallLog(10, 1000),
        headers=headers,
        url="http://user:pw@h/x?code=abc&a=1",
        reply=HttpReply(200, (("set-cookie", "a=b"),)),
    )
    assert [value for _, value in record.request_headers] == ["***", "***", "***", "1"]
    assert record.reply_headers == [("set-cookie", "***")]
    assert record.url == "http://***@h/x?code=***&a=1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h/x?Code=a&b=c", "http://h/x?Code=***&b=c"),
        ("http://h/x?a=b&sig=x%20y", "http://h/x?a=b&sig=***"),
        ("http://h/x?barcode=1", "http://h/x?barcode=1"),
        ("http://h/x@y", "http://h/x@y"),
    ],
)
def test_urls_are_shown_without_secrets(url, shown):
    assert shown_url(url) == shown


def test_long_and_binary_bodies_are_shown_in_part_and_in_base64():
    log = CallLog(10, 10**9)
    long = add(log, body=("x" * 65_535 + "ü").encode()).request_body
    assert (long.bytes, long.is_cut, long.text) == (65_537, True, "x" * 65_535)
    binary = add(log, body=b"\xff\x00").request_body
    assert (binary.text, binary.base64, binary.is_cut) == (None, "/wA=", False)


def test_the_call_itself_is_kept_whole_for_a_replay():
    log = CallLog(10, 10**9)
    record = add(log, headers=[("Cookie", "a=b")], url="http://h/x?code=abc", body=b"x" * 100_000)
    found = log.find(record.number)
    assert found is not None
    assert found.call.headers == [("Cookie", "a=b")]
    assert found.call.url == "http://h/x?code=abc"
    assert len(found.call.body) == 100_000


def test_of_a_long_reply_only_what_is_shown_is_kept():
    log = CallLog(10, 10**9)
    record = add(log, reply=HttpReply(200, (), b"y" * 100_000))
    assert record.reply_body is not None
    assert (record.reply_body.bytes, record.reply_body.is_cut, record.reply_body.text) == (100_000, True, "y" * 65_536)
    kept = log.find(record.number)
    assert kept is not None
    assert kept.size == 65_538
