import http.server
import json
import os
import threading
from contextlib import contextmanager

import pytest
from tests.monitoring.sinks import RESOURCE_ID, entry_line, line

from linarite.monitoring.line_streams import OtlpLogs, StandardOutput
from linarite.monitoring.outflow import SinkError, Stream

AT = 1_700_000_000.25
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@contextmanager
def collector(*statuses):
    """A collector that answers with these statuses, then with 200; it gives its endpoint and what it was sent."""
    left, heard = list(statuses), []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(left.pop(0) if left else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()
            thread.join()


def message_line():
    facts = {"message": "Message received", "connectionId": "c1", "userId": "anna", "traceId": TRACE_ID, "size": 5}
    stream = Stream("MessagingLogs", RESOURCE_ID)
    return entry_line(facts, at=AT, stream=stream, operation="MessageReceived", level="Warning", caller="::1")


def test_standard_output_gets_a_line_an_entry():
    reader, writer = os.pipe()
    StandardOutput(writer).write([line("one"), line("two")])
    os.close(writer)
    with os.fdopen(reader) as output:
        assert [json.loads(text)["properties"]["message"] for text in output] == ["one", "two"]


def test_standard_output_that_nobody_reads_any_more_loses_lines():
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(SinkError, match="Broken pipe") as refused:
        StandardOutput(writer).write([line()])
    os.close(writer)
    assert (refused.value.rest, refused.value.lost) == ([], 1)


def test_a_collector_gets_log_records_of_opentelemetry():
    with collector() as (endpoint, heard):
        sink = OtlpLogs(endpoint, "1.2.3")
        sink.write([message_line()])
        sink.write([line("again")])
        sink.close()
    (path, content_type, request), (_, _, second) = heard
    assert (path, content_type) == ("/v1/logs", "application/json")
    (resource,) = request["resourceLogs"]
    attributes = {one["key"]: one["value"] for one in resource["resource"]["attributes"]}
    assert attributes["cloud.resource_id"] == {"stringValue": RESOURCE_ID}
    (scope,) = resource["scopeLogs"]
    assert scope["scope"] == {"name": "linarite.resource_logs", "version": "1.2.3"}
    (record,) = scope["logRecords"]
    facts = {one["key"]: one["value"] for one in record.pop("attributes")}
    assert record == {
        "timeUnixNano": "1700000000250000000",
        "severityNumber": 13,
        "severityText": "Warning",
        "eventName": "MessageReceived",
        "body": {"stringValue": "Message received"},
        "traceId": TRACE_ID,
    }
    assert facts["connectionId"] == {"stringValue": "c1"}
    assert facts["size"] == {"intValue": "5"}
    assert facts["callerIpAddress"] == {"stringValue": "::1"}
    assert second["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["body"] == {"stringValue": "again"}


def test_a_collector_that_is_busy_is_asked_again():
    with collector(503) as (endpoint, heard):
        sink = OtlpLogs(endpoint + "/prefix/", "1")
        with pytest.raises(SinkError, match="answered 503") as refused:
            sink.write([line()])
        assert refused.value.rest == [line()]
        sink.write(refused.value.rest)
        sink.close()
    assert [path for path, _, _ in heard] == ["/prefix/v1/logs", "/prefix/v1/logs"]


def test_lines_that_a_collector_refuses_are_lost_and_counted():
    with collector(400) as (endpoint, _), pytest.raises(SinkError, match="answered 400") as refused:
        OtlpLogs(endpoint, "1").write([line(), line()])
    assert (refused.value.rest, refused.value.lost) == ([], 2)


def test_a_collector_that_is_not_there_is_asked_again():
    with collector() as (endpoint, _):
        pass
    with pytest.raises(SinkError, match=r"no answer of 127\.0\.0\.1") as refused:
        OtlpLogs(endpoint, "1").write([line()])
    assert refused.value.rest == [line()]


def test_without_an_endpoint_lines_are_lost_and_the_setting_named():
    with pytest.raises(SinkError, match="the setting otlp_endpoint is not set") as refused:
        OtlpLogs(None, "1").write([line()])
    assert refused.value.lost == 1
