"""Who may manage: the credential, tokens of the authority for management, and nobody else."""

from __future__ import annotations

import pytest
from tests.access.forging import forge
from tests.access.rsa_tokens import flipped, rsa_token

from linarite.access.administrator import Administrator, administrator_token, rotate_administrator_token
from linarite.access.applications import Applications
from linarite.access.authority import ADMINISTRATOR_CLIENT_ID, MANAGEMENT_AUDIENCE, SERVICE_AUDIENCE, Authority
from linarite.access.management import ManagementAccess, ManagementRefused
from linarite.access.roles import Assignment, Role

NOW = 1_679_216_146  # 3/19/2023 8:55:46 AM


@pytest.fixture
def now():
    return [NOW]


@pytest.fixture
def authority(tmp_path, now):
    authority = Authority(tmp_path, Administrator(tmp_path), lambda: now[0], 3600.0)
    authority.name = "https://localhost:8443/adfs"
    return authority


@pytest.fixture
def access(tmp_path, authority, now):
    return ManagementAccess(Administrator(tmp_path), authority, lambda: now[0])


@pytest.fixture
def token(authority, tmp_path):
    """Give a function that makes tokens of the administrator."""
    secret = administrator_token(tmp_path)
    return lambda audience=MANAGEMENT_AUDIENCE: authority.sign_in(ADMINISTRATOR_CLIENT_ID, secret, audience).token


def refusal(access, header) -> tuple[str, str]:
    with pytest.raises(ManagementRefused) as refused:
        access.identify(header)
    return refused.value.check, refused.value.code


def test_credential_is_the_administrator(access, tmp_path):
    caller = access.identify(f"bearer  {administrator_token(tmp_path)} ")
    assert caller.name == "administrator"
    assert caller.may("DELETE")


def test_token_of_the_authority_is_its_application(access, token):
    caller = access.identify(f"Bearer {token()}")
    assert caller.name == ADMINISTRATOR_CLIENT_ID
    assert caller.may("DELETE")


@pytest.mark.parametrize(
    ("role", "reads", "changes"),
    [(Role.CONTRIBUTOR, True, True), (Role.READER, True, False), (Role.SERVICE_OWNER, False, False)],
)
def test_role_decides_what_an_application_may_do(access, authority, tmp_path, role, reads, changes):
    application, secret = Applications(tmp_path).create("app", [Assignment(role)])
    caller = access.identify(f"Bearer {authority.sign_in(application.client_id, secret, MANAGEMENT_AUDIENCE).token}")
    assert (caller.may("GET"), caller.may("POST")) == (reads, changes)
    assert caller.refusal("POST", "/x").code == "AuthorizationFailed"
    header = f"Bearer {authority.sign_in(application.client_id, secret, MANAGEMENT_AUDIENCE).token}"
    assert access.is_administrator(header) is changes


@pytest.mark.parametrize(
    ("header", "check"),
    [
        (None, "presence"),
        ("", "scheme"),
        ("Basic YTpi", "scheme"),
        ("Bearer", "credential"),
        ("Bearer wrong", "credential"),
        ("Bearer \xe4", "credential"),
    ],
)
def test_header_without_a_token_of_the_right_form_is_refused(access, header, check):
    assert refusal(access, header) == (check, "AuthenticationFailed")
    assert not access.is_administrator(header or "")


def test_wrong_tokens_are_refused_by_name(access, token, tmp_path):
    foreign = {"aud": MANAGEMENT_AUDIENCE, "iss": "https://sts.windows.net/x/", "exp": NOW + 60}
    own_name = {**foreign, "iss": "https://localhost:8443/adfs", "appid": ADMINISTRATOR_CLIENT_ID}
    token()
    for wrong, check in [
        ("a.b.c", "format"),
        (flipped(token()), "signature"),
        (forge(own_name), "algorithm"),
        (forge(own_name, header={"alg": "none"}, is_signed=False), "algorithm"),
        (rsa_token(foreign), "issuer"),
        (rsa_token(own_name), "key"),
    ]:
        assert refusal(access, f"Bearer {wrong}") == (check, "InvalidAuthenticationToken")


def test_token_for_the_rest_api_does_not_manage(access, token):
    assert refusal(access, f"Bearer {token(SERVICE_AUDIENCE)}") == ("audience", "InvalidAuthenticationTokenAudience")


def test_expired_token_is_told_in_the_platforms_words(access, token, now):
    header = f"Bearer {token()}"
    now[0] += 3600 + 300
    assert refusal(access, header) == ("expiry", "ExpiredAuthenticationToken")
    with pytest.raises(ManagementRefused) as refused:
        access.identify(header)
    assert refused.value.message == (
        "The access token expiry UTC time '3/19/2023 9:55:46 AM' is earlier than current UTC time "
        "'3/19/2023 10:00:46 AM'."
    )


def test_rotation_ends_the_credential_and_its_tokens(access, token, tmp_path):
    headers = [f"Bearer {administrator_token(tmp_path)}", f"Bearer {token()}"]
    for header in headers:
        access.identify(header)
    new = rotate_administrator_token(tmp_path)
    assert [refusal(access, header)[0] for header in headers] == ["credential", "credential"]
    assert access.identify(f"Bearer {new}")


def test_refusal_repeats_nothing_of_the_header(access):
    for header in ("Bearer secret-text", "Basic secret-text", "Bearer secret.text.here"):
        with pytest.raises(ManagementRefused) as refused:
            access.identify(header)
        assert "secret" not in refused.value.message
