"""`linarite token make` and `linarite token explain`, beside the administrator's `token show`."""

import json
import time

import pytest
from tests.cli.tools.processes import WRONG_KEY

from linarite.resources.development import DEVELOPMENT_ACCESS_KEY


def test_a_token_that_is_made_is_one_that_a_server_accepts(tool, server):
    made = tool("token", "make", "--hub", "chat", "--user", "ann", "--role", "webpubsub.sendToGroup", "--group", "g")
    explained = tool("token", "explain", made.output.strip(), "--hub", "chat")

    assert (made.exit_code, explained.exit_code) == (0, 0)
    assert "may send to every group" in explained.output
    assert explained.output.endswith("A server would accept it.\n")


def test_explaining_says_which_check_fails_and_shows_no_secret(tool, server):
    made = tool("token", "make", "--hub", "chat", "--minutes", "-10").output.strip()

    outcome = tool("token", "--explain", "--hub", "other", stdin=made.encode())

    assert outcome.exit_code == 4
    assert "FAIL  expiry" in outcome.output
    assert "FAIL  audience" in outcome.output
    assert outcome.output.endswith("A server would refuse it: expiry.\n")
    for secret in (made, made.rpartition(".")[2], DEVELOPMENT_ACCESS_KEY):
        assert secret not in outcome.output + outcome.errors


def test_a_token_of_another_key_is_told(tool, server):
    wrong = ("--connection-string", server.connection_string(key=WRONG_KEY))
    made = tool("token", "make", "--hub", "chat", *wrong).output.strip()

    outcome = tool("token", "explain", made, "--hub", "chat", "--json")

    assert outcome.exit_code == 4
    [document] = outcome.documents
    assert document["verdict"] == "bad"
    assert [one["check"] for one in document["checks"] if one["verdict"] == "bad"] == ["signature"]


def test_a_client_url_is_explained_for_its_own_address(tool, server):
    url = tool("url", "--hub", "chat").output.strip()

    assert "ok    audience" in tool("token", "explain", url).output


def test_without_a_key_the_rest_is_explained(tool, server, tmp_path, monkeypatch):
    made = tool("token", "make", "--hub", "chat").output.strip()
    monkeypatch.delenv("LINARITE_CONNECTION_STRING")

    outcome = tool("token", "explain", made, "--data-folder", str(tmp_path / "none"))

    assert outcome.exit_code == 0
    assert "?     signature" in outcome.output
    assert outcome.output.endswith("What could be checked is right.\n")


def test_any_claim_can_be_made(tool):
    words = ("--audience", "http://x/", "--claim", "sub=7", "--claim", 'a={"b":1}', "--claim", "exp=1", "--json")

    [document] = tool("token", "make", *words).documents

    assert document["claims"] == {
        "aud": "http://x/",
        "sub": 7,
        "a": {"b": 1},
        "exp": 1,
        "iat": document["claims"]["iat"],
    }
    assert abs(document["claims"]["iat"] - time.time()) < 60
    assert json.dumps(document["claims"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("make",), "either --hub or --audience"),
        (("make", "--hub", "a", "--audience", "b"), "either --hub or --audience"),
        (("explain",), "got nothing"),
        (("explain", "http://localhost/client/hubs/chat"), "without"),
    ],
)
def test_wrong_use_is_told(tool, words, expected):
    outcome = tool("token", *words)

    assert outcome.exit_code == 2
    assert expected in outcome.errors


def test_the_administrators_credential_is_still_shown(tool, server):
    outcome = tool("token", "show", "--data-folder", str(server.folder))

    assert outcome.exit_code == 0
    assert outcome.output.strip() == (server.folder / "administrator-token").read_text().strip()
