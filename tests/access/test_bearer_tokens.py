"""Bearer tokens: each wrong one is refused, and the refusal names the check that failed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from joserfc.jwk import RSAKey
from tests.access.forging import base64url, forge
from tests.access.rsa_tokens import flipped, key_document, private_key, rsa_token

from linarite.access import bearer_tokens
from linarite.access.bearer_tokens import BearerTokens, KeyUnknown
from linarite.access.roles import Assignment, Role
from linarite.access.tokens import TokenRefused

NOW = 1_000_000
AUDIENCE = "https://webpubsub.azure.com"
ISSUER = "https://issuer.example/"
GOOD = {"aud": AUDIENCE, "iss": ISSUER, "nbf": NOW - 10, "exp": NOW + 60, "appid": "app"}


class Issuer:
    """An issuer whose keys a test chooses."""

    def __init__(self) -> None:
        self.keys = {"k": RSAKey.import_key(key_document("k"))}

    def is_named(self, name):
        return name == ISSUER

    def key(self, key_id):
        if key_id not in self.keys:
            raise KeyUnknown("key", "expected a key that is there")
        return self.keys[key_id]

    def assignments(self, claims):
        return (Assignment(Role.SERVICE_OWNER),)


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def tokens(issuer):
    return BearerTokens((AUDIENCE + "/",), (issuer,), lambda: NOW)


def check_of_refusal(tokens, token) -> str:
    with pytest.raises(TokenRefused) as refused:
        tokens.check(token)
    return refused.value.check


@pytest.mark.parametrize("audience", [AUDIENCE, AUDIENCE + "/", ["https://other", AUDIENCE]])
def test_right_token_says_who_sends_it(tokens, audience):
    token = rsa_token({**GOOD, "aud": audience})
    for _ in range(2):
        bearer = tokens.check(token)
        assert (bearer.name, bearer.assignments) == ("app", (Assignment(Role.SERVICE_OWNER),))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"appid": "a", "oid": "o"}, "a"),
        ({"azp": "z", "oid": "o"}, "z"),
        ({"oid": "o", "sub": "s"}, "o"),
        ({"sub": "s"}, "s"),
    ],
)
def test_sender_is_named_by_application_then_by_user(tokens, claims, name):
    rest = {key: value for key, value in GOOD.items() if key != "appid"}
    assert tokens.check(rsa_token({**rest, **claims})).name == name


def hmac_with_public_key() -> str:
    """The classic confusion: a verifier that takes the public key for an HMAC's secret."""
    document = json.dumps(key_document("k")).encode()
    head = base64url(json.dumps({"alg": "HS256", "kid": "k"}).encode())
    text = f"{head}.{base64url(json.dumps(GOOD).encode())}"
    return f"{text}.{base64url(hmac.digest(document, text.encode(), hashlib.sha256))}"


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("token", "check"),
    [
        ("", "format"),
        ("a.b", "format"),
        ("a.b.c.d", "format"),
        ("\u20ac", "format"),
        ("x" * 20_000, "format"),
        (rsa_token(b"".hex()), "format"),
        (rsa_token([GOOD]), "format"),
        (rsa_token(GOOD, alg="none"), "algorithm"),
        (forge(GOOD, header={"alg": "none", "kid": "k"}, is_signed=False), "algorithm"),
        (forge(GOOD), "algorithm"),
        (hmac_with_public_key(), "algorithm"),
        (rsa_token(GOOD, alg="PS256"), "algorithm"),
        (rsa_token(GOOD, alg=["RS256"]), "algorithm"),
        (rsa_token(without("iss")), "issuer"),
        (rsa_token({**GOOD, "iss": "https://issuer.example"}), "issuer"),
        (rsa_token({**GOOD, "iss": [ISSUER]}), "issuer"),
        (rsa_token({**GOOD, "iss": "https://sts.windows.net/somebody/"}), "issuer"),
        (rsa_token(GOOD, key_id=None), "key"),
        (rsa_token(GOOD, key_id="other"), "key"),
        (rsa_token(GOOD, kid=7), "key"),
        (rsa_token(GOOD, number=1), "signature"),
        (flipped(rsa_token(GOOD)), "signature"),
        (flipped(rsa_token(GOOD), at=0), "signature"),
        (flipped(rsa_token(GOOD), part=1, at=40), "signature"),
        (rsa_token(GOOD).rpartition(".")[0] + ".", "signature"),
        (rsa_token(without("aud")), "audience"),
        (rsa_token({**GOOD, "aud": "https://management.azure.com"}), "audience"),
        (rsa_token({**GOOD, "aud": AUDIENCE + ".evil.example"}), "audience"),
        (rsa_token({**GOOD, "aud": []}), "audience"),
        (rsa_token(without("exp")), "expiry"),
        (rsa_token({**GOOD, "exp": NOW - 301}), "expiry"),
        (rsa_token({**GOOD, "exp": "tomorrow"}), "format"),
        (rsa_token({**GOOD, "nbf": NOW + 301}), "start"),
    ],
)
def test_wrong_token_is_refused_by_name(tokens, token, check):
    for _ in range(2):
        found = check_of_refusal(tokens, token)
        # A payload whose bit was flipped may be no JSON any more.
        assert found == check or (check == "signature" and found in ("format", "issuer"))


def test_clocks_may_differ_by_five_minutes(tokens):
    assert tokens.check(rsa_token({**GOOD, "exp": NOW - 299, "nbf": NOW + 299}))


def test_remembered_token_expires(issuer):
    now = [NOW]
    tokens = BearerTokens((AUDIENCE,), (issuer,), lambda: now[0])
    token = rsa_token(GOOD)
    tokens.check(token)
    now[0] += 400
    assert check_of_refusal(tokens, token) == "expiry"


def test_remembered_token_ends_with_its_key(tokens, issuer):
    token = rsa_token(GOOD)
    tokens.check(token)
    issuer.keys = {"k": RSAKey.import_key(key_document("k", 1))}
    assert check_of_refusal(tokens, token) == "signature"
    issuer.keys = {}
    assert check_of_refusal(tokens, token) == "key"
    assert token not in tokens.remembered


def test_a_bounded_number_of_tokens_is_remembered(monkeypatch, tokens):
    monkeypatch.setattr(bearer_tokens, "_REMEMBERED_TOKENS", 3)
    for number in range(5):
        tokens.check(rsa_token({**GOOD, "jti": number}))
    assert len(tokens.remembered) == 3


def test_refusal_shows_no_token_and_little_of_foreign_text(tokens):
    with pytest.raises(TokenRefused) as refused:
        tokens.check(rsa_token({**GOOD, "iss": "x" * 10_000}))
    assert len(str(refused.value)) < 300


def test_keys_of_tests_are_as_long_as_real_ones():
    assert private_key().key_size == 2048
