"""What is said of tokens, check by check."""

import base64
import json
import time

import pytest
from tests.signing import signed

from linarite.access.token_checks import Verdict, explain_token, meaning_of

KEY = "TheFirstAccessKeyOfAResourceOfTests"
OTHER_KEY = "TheSecondAccessKeyOfAResourceOfTests"
HUB = "http://localhost:8080/client/hubs/chat"
NOW = 1_800_000_000.0


def verdicts(token, keys=(KEY,), address=HUB):
    return {finding.check: finding.verdict for finding in explain_token(token, keys, address, NOW).findings}


def failed(token, keys=(KEY,), address=HUB):
    return [check for check, verdict in verdicts(token, keys, address).items() if verdict is Verdict.BAD]


def token(key=KEY, **claims):
    return signed(key, {name: value for name, value in {"aud": HUB, "exp": NOW + 60, **claims}.items() if value})


def test_a_good_token_passes_every_check():
    assert set(verdicts(token(nbf=NOW - 1)).values()) == {Verdict.GOOD}


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_either_key_of_a_resource_may_have_signed(key):
    assert failed(token(key), keys=(KEY, OTHER_KEY)) == []


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"exp": NOW - 301}, "expiry"),
        ({"exp": None}, "expiry"),
        ({"nbf": NOW + 301}, "start"),
        ({"exp": "tomorrow"}, "format"),
        ({"aud": "http://localhost:8080/client/hubs/other"}, "audience"),
        ({"aud": None}, "audience"),
        ({"key": OTHER_KEY}, "signature"),
    ],
)
def test_each_fault_fails_its_own_check_and_no_other(claims, check):
    assert failed(token(**claims)) == [check]


def test_the_grace_of_servers_counts():
    assert failed(token(exp=NOW - 299, nbf=NOW + 299)) == []


def test_several_faults_are_all_told():
    assert failed(token(OTHER_KEY, exp=NOW - 999, aud="http://elsewhere/")) == ["signature", "expiry", "audience"]


def test_what_is_not_known_is_not_judged():
    assert verdicts(token(), keys=(), address=None) == {
        "format": Verdict.GOOD,
        "algorithm": Verdict.GOOD,
        "signature": Verdict.UNKNOWN,
        "expiry": Verdict.GOOD,
        "start": Verdict.GOOD,
        "audience": Verdict.UNKNOWN,
    }


@pytest.mark.parametrize("text", ["", "a.b.c", "no token", "ä.b.c", "e30.W10.AA", "e30.e30", "x" * 20_000])
def test_what_is_no_token_fails_the_format(text):
    assert failed(text) == ["format"]


@pytest.mark.parametrize(
    ("algorithm", "verdict"), [("RS256", Verdict.UNKNOWN), ("none", Verdict.BAD), ("HS512", Verdict.BAD)]
)
def test_a_token_that_no_access_key_made_is_judged_by_its_algorithm(algorithm, verdict):
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()
    found = verdicts(f"{header}.{token().partition('.')[2]}")

    assert (found["algorithm"], found["signature"]) == (verdict, Verdict.UNKNOWN)
    assert found["audience"] is Verdict.GOOD


def test_an_audience_of_a_client_compares_without_case():
    assert failed(token(aud=HUB.upper().replace("HTTP", "ws"))) == []


@pytest.mark.parametrize(
    ("claim", "value", "meaning"),
    [
        ("exp", NOW + 3600, "good until 2027-01-15 09:00:00 UTC, in 60 min"),
        ("exp", 10**30, "beyond all dates"),
        ("nbf", NOW - 86400 * 3, "3 days ago"),
        ("sub", "ann", "the user"),
        ("role", "webpubsub.sendToGroup", "may send to every group"),
        ("role", ["webpubsub.joinLeaveGroup.a.b"], "may join and leave group a.b"),
        ("role", ["webpubsub.sendToGroups.room-*"], "may send to groups like room-*"),
        ("role", ["administrator"], "administrator is no role and is ignored"),
        ("colour", "blue", "connect handler"),
    ],
)
def test_claims_are_explained(claim, value, meaning):
    assert meaning in meaning_of(claim, value, NOW)


def test_the_signature_is_never_in_an_explanation():
    made = token()

    assert made.rpartition(".")[2] not in repr(explain_token(made, (KEY,), HUB, time.time()))
