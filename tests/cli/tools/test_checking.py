"""`linarite check`: one line a step, and the first failure's exit code."""

import time

import pytest
from tests.cli.tools.processes import WRONG_KEY

STEPS = [
    "endpoint",
    "name",
    "port",
    "certificate",
    "http",
    "clock",
    "key",
    "client",
    "round trip",
    "recovery",
    "event handler",
]


def outcomes(outcome):
    return {document["step"]: document["outcome"] for document in outcome.documents}


def test_a_good_endpoint_passes_every_step(tool, name):
    outcome = tool("check", "--hub", name, "--json")

    assert outcome.exit_code == 0
    found = outcomes(outcome)
    assert list(found) == STEPS
    # There is no TLS on http, and no handler on this hub.
    skipped = {step for step, result in found.items() if result != "good"}
    assert skipped == {"certificate", "event handler"}


def test_tls_is_checked_as_well(tool, server, name):
    authority = str(server.folder / "certificates" / "authority.pem")
    words = ("--connection-string", server.connection_string(scheme="https"), "--cacert", authority)

    outcome = tool("check", "--hub", name, *words)

    assert outcome.exit_code == 0
    assert "ok    certificate" in outcome.output
    assert "TLSv1.3, trusted, by " in outcome.output


def test_people_read_one_line_a_step(tool):
    lines = tool("check").output.splitlines()

    assert len(lines) == len(STEPS)
    assert [line[6:].startswith(step) for line, step in zip(lines, STEPS, strict=True)] == [True] * len(STEPS)


@pytest.mark.parametrize(
    ("change", "step", "code", "expected"),
    [
        ({"key": WRONG_KEY}, "key", 4, "signature"),
        ({"scheme": "https"}, "certificate", 3, "is not trusted"),
    ],
)
def test_the_step_that_fails_is_told_and_those_behind_it_are_not_tried(tool, server, change, step, code, expected):
    outcome = tool("check", "--json", "--connection-string", server.connection_string(**change))

    assert outcome.exit_code == code
    documents = {document["step"]: document for document in outcome.documents}
    assert documents[step]["outcome"] == "failed"
    assert expected in documents[step]["text"]
    behind = STEPS[STEPS.index(step) + 1 :]
    assert {documents[each]["text"] for each in behind} == {"not tried"}
    assert WRONG_KEY not in outcome.output


def test_a_closed_port_is_told(tool, unused_tcp_port):
    closed = f"Endpoint=http://127.0.0.1:{unused_tcp_port};AccessKey={WRONG_KEY}"

    outcome = tool("check", "--json", "--connection-string", closed)

    assert outcome.exit_code == 3
    assert [step for step, result in outcomes(outcome).items() if result == "failed"] == ["port"]


def test_a_host_without_an_address_is_told(tool):
    outcome = tool("check", "--json", "--connection-string", f"Endpoint=http://no.invalid;AccessKey={WRONG_KEY}")

    assert outcome.exit_code == 3
    assert [step for step, result in outcomes(outcome).items() if result == "failed"] == ["name"]


@pytest.mark.parametrize(
    ("seconds", "results", "code", "expected"),
    [
        (-7200, {"clock": "failed", "key": "failed"}, 1, "behind"),
        (7200, {"clock": "failed", "key": "good"}, 1, "ahead"),
        (-60, {"clock": "warned", "key": "good"}, 0, "behind"),
    ],
)
def test_a_wrong_clock_is_told(tool, monkeypatch, seconds, results, code, expected):
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)

    outcome = tool("check", "--json")

    assert outcome.exit_code == code
    found = outcomes(outcome)
    assert {step: found[step] for step in results} == results
    assert expected in next(one["text"] for one in outcome.documents if one["step"] == "clock")


def test_an_event_that_was_asked_for_has_to_be_taken(tool, name):
    outcome = tool("check", "--hub", name, "--event", "order", "--json")

    assert outcome.exit_code == 1
    assert outcomes(outcome)["event handler"] == "failed"
    assert "order" in outcome.documents[-1]["text"]


def test_no_event_is_sent_to_whoever_wants_none(tool, name):
    outcome = tool("check", "--hub", name, "--no-event", "--json")

    assert outcome.documents[-1]["text"] == "not asked (--no-event)"


def test_a_handler_that_answers_is_told(tool, server, name, handler):
    """The hub's handler is asked by the server as ever."""
    words = ("--name", "linarite", "--resource-group", "linarite", "--data-folder", str(server.folder))
    option = (f"url-template={handler.url}", "user-event-pattern=*")
    saved = tool("webpubsub", "hub", "create", *words, "--hub-name", name, "--event-handler", *option)
    assert saved.exit_code == 0, saved.errors

    outcome = tool("check", "--hub", name)
    tool("webpubsub", "hub", "delete", *words, "--hub-name", name, "--yes")

    assert outcome.exit_code == 0
    assert "took the event linarite-check" in outcome.output
    assert handler.events == ["linarite-check"]
