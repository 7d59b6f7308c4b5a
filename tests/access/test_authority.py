"""The authority: tokens for those who know their secrets, until these change."""

from __future__ import annotations

import pytest
from tests.signing import claims_of

from linarite.access.administrator import Administrator, administrator_token, rotate_administrator_token
from linarite.access.applications import Applications
from linarite.access.authority import (
    ADMINISTRATOR_CLIENT_ID,
    MANAGEMENT_AUDIENCE,
    SERVICE_AUDIENCE,
    TENANT_ID,
    Authority,
    SignInRefused,
)
from linarite.access.bearer_tokens import BearerTokens
from linarite.access.roles import Assignment, Role
from linarite.access.signing_key import rotate_signing_key
from linarite.access.tokens import TokenRefused

NOW = 1_000_000
NAME = "https://localhost:8443/adfs"


@pytest.fixture
def authority(tmp_path):
    authority = Authority(tmp_path, Administrator(tmp_path), lambda: NOW, 3600.0)
    authority.name = NAME
    return authority


@pytest.fixture
def tokens(authority):
    return BearerTokens((SERVICE_AUDIENCE,), (authority,), lambda: NOW)


@pytest.fixture
def application(tmp_path):
    made, secret = Applications(tmp_path).create("chat", [Assignment(Role.SERVICE_OWNER, "demo")])
    return made.client_id, secret


def check_of_refusal(tokens, token) -> str:
    with pytest.raises(TokenRefused) as refused:
        _ = tokens.check(token).assignments
    return refused.value.check


def test_token_says_who_for_what_and_how_long(authority, application):
    issued = authority.sign_in(*application, SERVICE_AUDIENCE)
    assert issued.expires_in == 3600
    claims = claims_of(issued.token)
    assert {name: claims[name] for name in ("aud", "iss", "iat", "nbf", "exp", "appid", "tid", "idtyp")} == {
        "aud": SERVICE_AUDIENCE,
        "iss": NAME,
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 3600,
        "appid": application[0],
        "tid": TENANT_ID,
        "idtyp": "app",
    }
    assert application[1] not in str(claims)


def test_applications_token_has_its_roles(authority, tokens, application):
    bearer = tokens.check(authority.sign_in(*application, SERVICE_AUDIENCE).token)
    assert (bearer.name, bearer.assignments) == (application[0], (Assignment(Role.SERVICE_OWNER, "demo"),))


def test_administrators_secret_is_the_administrators_credential(authority, tokens, tmp_path):
    secret = administrator_token(tmp_path)
    for client_id in (ADMINISTRATOR_CLIENT_ID, ADMINISTRATOR_CLIENT_ID.upper()):
        bearer = tokens.check(authority.sign_in(client_id, secret, SERVICE_AUDIENCE).token)
        assert {each.role for each in bearer.assignments} == {Role.OWNER, Role.SERVICE_OWNER}


@pytest.mark.parametrize("secret", ["", "wrong", "\ud800", "x" * 100_000])
def test_wrong_secret_gets_nothing(authority, application, secret):
    for client_id in (application[0], ADMINISTRATOR_CLIENT_ID, "nobody", ""):
        with pytest.raises(SignInRefused):
            authority.sign_in(client_id, secret, SERVICE_AUDIENCE)


def test_one_applications_secret_is_none_of_anothers(authority, application, tmp_path):
    other, secret = Applications(tmp_path).create("other", [])
    with pytest.raises(SignInRefused):
        authority.sign_in(application[0], secret, SERVICE_AUDIENCE)
    assert authority.sign_in(other.client_id, secret, SERVICE_AUDIENCE)


def test_token_for_management_opens_nothing_else(authority, tokens, application):
    assert check_of_refusal(tokens, authority.sign_in(*application, MANAGEMENT_AUDIENCE).token) == "audience"


def test_deleted_applications_tokens_end_at_once(authority, tokens, application, tmp_path):
    token = authority.sign_in(*application, SERVICE_AUDIENCE).token
    assert tokens.check(token).assignments
    Applications(tmp_path).delete("chat")
    assert check_of_refusal(tokens, token) == "credential"


def test_renewed_secret_ends_the_tokens_of_the_old_one(authority, tokens, application, tmp_path):
    token = authority.sign_in(*application, SERVICE_AUDIENCE).token
    _, secret = Applications(tmp_path).renew_secret("chat")
    assert check_of_refusal(tokens, token) == "credential"
    assert tokens.check(authority.sign_in(application[0], secret, SERVICE_AUDIENCE).token).assignments


def test_rotated_credential_ends_the_administrators_tokens(authority, tokens, tmp_path):
    token = authority.sign_in(ADMINISTRATOR_CLIENT_ID, administrator_token(tmp_path), SERVICE_AUDIENCE).token
    rotate_administrator_token(tmp_path)
    assert check_of_refusal(tokens, token) == "credential"


def test_rotated_signing_key_ends_all_tokens(authority, tokens, application, tmp_path):
    token = authority.sign_in(*application, SERVICE_AUDIENCE).token
    assert tokens.check(token)
    rotate_signing_key(tmp_path)
    assert check_of_refusal(tokens, token) == "key"
    assert tokens.check(authority.sign_in(*application, SERVICE_AUDIENCE).token)


def test_token_of_another_server_is_foreign(authority, tokens, application, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    other = Authority(folder, Administrator(folder), lambda: NOW, 3600.0)
    other.name = NAME
    token = other.sign_in(ADMINISTRATOR_CLIENT_ID, administrator_token(folder), SERVICE_AUDIENCE).token
    assert check_of_refusal(tokens, token) == "key"
    authority.keys.ensure()
    assert check_of_refusal(tokens, token) == "key"


def test_token_that_was_issued_under_another_name_is_foreign(authority, tokens, application):
    token = authority.sign_in(*application, SERVICE_AUDIENCE).token
    authority.name = "https://pubsub.example.com/adfs"
    assert check_of_refusal(tokens, token) == "issuer"


def test_authority_without_a_name_issues_for_nobody(tmp_path):
    assert not Authority(tmp_path, Administrator(tmp_path), lambda: NOW, 3600.0).is_named("")
