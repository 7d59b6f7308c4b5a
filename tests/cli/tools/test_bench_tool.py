"""`linarite bench`: a short load, its results, and how it ends otherwise."""

import signal

import pytest
from tests.cli.tools.processes import WRONG_KEY, eventually, running_server

SHORT = ("--seconds", "0.3", "--subscribers", "3", "--publishers", "2")
FLAWS = ("lost", "duplicated", "reordered", "unacknowledged", "refused")


@pytest.mark.parametrize("rate", ["200", "max"])
def test_every_message_comes_once_and_in_order(tool, rate):
    outcome = tool("bench", *SHORT, "--rate", rate, "--json")

    assert (outcome.exit_code, outcome.errors) == (0, "")
    [document] = outcome.documents
    assert document["published"] > 0
    assert document["received"] == 3 * document["published"]
    assert {document[flaw] for flaw in FLAWS} == {0}
    for times in (document["latencyMilliseconds"], document["ackMilliseconds"]):
        assert 0 < times["p50"] <= times["p90"] <= times["p99"] <= times["p999"] <= times["max"]


def test_a_rate_is_kept(tool):
    [document] = tool("bench", *SHORT, "--rate", "200", "--json").documents

    assert document["published"] == 60


def test_people_get_one_screen(tool):
    outcome = tool("bench", *SHORT)

    assert outcome.exit_code == 0
    words = [line.split()[0] for line in outcome.output.splitlines()]
    assert words == ["published", "received", *FLAWS, "recoveries", "ms", "latency", "ack"]


def test_clients_that_the_quota_refuses_are_told(tool, tmp_path):
    with running_server(tmp_path) as server:
        folder = ("--data-folder", str(server.folder))
        create = ("webpubsub", "create", "-n", "small", "-g", "linarite", "--sku", "Free_F1")
        assert tool(*create, *folder).exit_code == 0
        # The free tier has 20 connections.
        outcome = tool("bench", "--subscribers", "25", "--seconds", "0.2", "--resource", "small", *folder)

    assert outcome.exit_code == 1
    assert "429" in outcome.errors


@pytest.mark.parametrize(
    ("change", "code"), [({"key": WRONG_KEY}, 4), ({"scheme": "https"}, 3)], ids=["wrong key", "untrusted"]
)
def test_an_endpoint_that_lets_nobody_in_is_told_once(tool, server, change, code):
    outcome = tool("bench", *SHORT, "--connection-string", server.connection_string(**change))

    assert outcome.exit_code == code
    assert outcome.errors.count("\n") == 1


def test_ctrl_c_ends_it_quietly_and_leaves_no_connection(start, tmp_path):
    with running_server(tmp_path / "server") as server:
        words = ("--seconds", "60", "--subscribers", "2", "--connection-string", server.connection_string())
        bench = start("bench", *words)
        eventually(lambda: server.connections() == 3, "the clients")

        bench.signal(signal.SIGINT)
        outcome = bench.end()

        assert (outcome.exit_code, outcome.output, outcome.errors) == (130, "", "")
        eventually(lambda: server.connections() == 0, "the end of the connections")
