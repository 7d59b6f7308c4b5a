"""A reconnection token opens the connection that it was made for, with the salt that it was made with, for a week."""

from __future__ import annotations

import pytest
from tests.signing import claims_of, signed

from linarite.access.reconnection_tokens import make_reconnection_token, opens_connection

SALT = "salt-of-the-resource-which-nobody-knows"
NOW = 1_800_000_000.0
WEEK = 7 * 24 * 3600
GOOD = {"iss": "https://webpubsub.azure.com", "aud": "c1", "nbf": NOW, "exp": NOW + 60}


def opens(token: str, salt: str = SALT, connection_id: str = "c1", now: float = NOW) -> bool:
    return opens_connection(salt, token, connection_id, lambda: now)


def test_a_token_opens_its_connection_for_a_week():
    token = make_reconnection_token(SALT, "c1", NOW)
    assert opens(token)
    assert opens(token, now=NOW + WEEK - 1)
    assert not opens(token, now=NOW + WEEK)
    assert not opens(token, now=NOW - 1)


def test_it_opens_no_other_connection_and_not_with_another_salt():
    token = make_reconnection_token(SALT, "c1", NOW)
    assert not opens(token, connection_id="c2")
    assert not opens(token, connection_id="C1")
    assert not opens(token, salt="another-salt-of-the-resource-after-regeneration")


def test_no_two_tokens_are_equal():
    assert make_reconnection_token(SALT, "c1", NOW) != make_reconnection_token(SALT, "c1", NOW)


def test_the_salt_does_not_stand_in_it():
    assert SALT not in str(claims_of(make_reconnection_token(SALT, "c1", NOW)))


def test_a_token_made_elsewhere_with_the_same_salt_is_good():
    assert opens(signed(SALT, GOOD))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://example.com"},
        {"iss": None},
        {"aud": ["c1"]},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": NOW},
        {"nbf": None},
        {"nbf": NOW + 1},
    ],
)
def test_every_claim_counts(change):
    claims = {name: value for name, value in (GOOD | change).items() if value is not None}
    assert not opens(signed(SALT, claims))


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_only_one_algorithm_is_taken(algorithm):
    assert not opens(signed(SALT, GOOD, algorithm))


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "€.€.€", "a.b.c.d", "e30.e30.", "x" * 5000, "W10.e30.e30"])
def test_what_is_no_token_opens_nothing(text):
    assert not opens(text)
