"""Whose request it is, and whether its token is good for that resource at that address."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.access.forging import forge
from tests.access.rsa_tokens import flipped

from linarite.access import entrance as entrance_module
from linarite.access.administrator import Administrator
from linarite.access.applications import Applications
from linarite.access.authority import MANAGEMENT_AUDIENCE, SERVICE_AUDIENCE, Authority
from linarite.access.bearer_tokens import Bearer, BearerTokens
from linarite.access.entrance import Entrance, generated_token_key
from linarite.access.roles import Assignment, Role
from linarite.access.tokens import Claims, TokenRefused
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore

NOW = 1_000_000
HOST = "localhost:8080"
PATH = "/client/hubs/chat"
GOOD = f"http://{HOST}{PATH}"


@pytest.fixture
def registry(tmp_path) -> Iterator[Registry]:
    """A default resource and, in the group `rg`, the resources `alpha` and `Beta`."""
    with closing(SqliteStore(tmp_path / "store.db")) as store:
        registry = Registry(store, "linarite")
        registry.ensure_default()
        registry.put_group("rg", {"location": "eastus"})
        for name in ("alpha", "Beta"):
            registry.create_or_update("rg", name, {"location": "eastus"})
        yield registry


def make_entrance(
    registry: Registry, public_endpoint: str | None = None, bearers: BearerTokens | None = None
) -> Entrance:
    return Entrance(registry, lambda: NOW, domain="pubsub.test", public_endpoint=public_endpoint, bearers=bearers)


@pytest.fixture
def entrance(registry):
    return make_entrance(registry)


def token_of(registry: Registry, name: str, audience: str = GOOD, *, secondary: bool = False) -> str:
    keys = registry.get(name).keys
    return forge({"exp": NOW + 60, "aud": audience}, keys.secondary if secondary else keys.primary)


def check_of_refusal(entrance: Entrance, *arguments: object, **more: object) -> str:
    with pytest.raises(TokenRefused) as refused:
        entrance.check(*arguments, **more)
    return refused.value.check


# Whose request it is


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("alpha.pubsub.test", "alpha"),
        ("ALPHA.PubSub.Test:8080", "alpha"),
        ("beta.pubsub.test", "Beta"),
        ("linarite.pubsub.test", "linarite"),
        ("gamma.pubsub.test", "linarite"),
        ("alpha.elsewhere.test", "linarite"),
        ("pubsub.test", "linarite"),
        ("localhost:8080", "linarite"),
        ("[::1]:8080", "linarite"),
        ("[::1]", "linarite"),
        ("", "linarite"),
        ("[", "linarite"),
    ],
)
def test_request_belongs_to_the_resource_that_its_host_names_else_to_the_default(entrance, host, name):
    assert entrance.resource_of(host, None).name == name


@pytest.mark.parametrize("name", ["linarite", "alpha", "Beta"])
@pytest.mark.parametrize("secondary", [False, True])
def test_request_without_such_a_host_belongs_to_the_resource_whose_key_signed(entrance, registry, name, secondary):
    for _ in range(2):
        token = token_of(registry, name, secondary=secondary)
        assert entrance.resource_of(HOST, token).name == name


def test_host_wins_over_key(entrance, registry):
    assert entrance.resource_of("alpha.pubsub.test", token_of(registry, "Beta")).name == "alpha"


@pytest.mark.parametrize("token", ["", "no token", forge({"exp": NOW + 60}, "x" * 40), forge(b"[]", "x" * 40)])
def test_request_with_a_token_of_nobody_belongs_to_the_default(entrance, token):
    assert entrance.resource_of(HOST, token).name == "linarite"


def test_expired_token_still_tells_whose_request_it_is(entrance, registry):
    token = forge({"exp": 1, "aud": GOOD}, registry.get("alpha").keys.primary)
    resource = entrance.resource_of(HOST, token)
    assert resource.name == "alpha"
    assert check_of_refusal(entrance, resource, token, HOST, (PATH,)) == "expiry"


def test_deleted_resource_is_found_no_more(entrance, registry):
    token = token_of(registry, "alpha")
    assert entrance.resource_of(HOST, token).name == "alpha"
    registry.delete("rg", "alpha")
    assert entrance.resource_of(HOST, token).name == "linarite"
    assert entrance.resource_of("alpha.pubsub.test", token).name == "linarite"
    assert check_of_refusal(entrance, registry.default, token, HOST, (PATH,)) == "signature"


def test_resource_made_anew_under_the_name_of_a_deleted_one_has_other_keys(entrance, registry):
    token = token_of(registry, "alpha")
    entrance.resource_of(HOST, token)
    assert entrance.check(registry.get("alpha"), token, HOST, (PATH,))
    registry.delete("rg", "alpha")
    registry.create_or_update("rg", "Alpha", {"location": "eastus"})
    assert entrance.resource_of(HOST, token).name == "linarite"
    assert check_of_refusal(entrance, registry.get("alpha"), token, HOST, (PATH,)) == "signature"
    fresh = token_of(registry, "alpha")
    assert entrance.resource_of(HOST, fresh).name == "Alpha"
    assert entrance.check(registry.get("alpha"), fresh, HOST, (PATH,))


def test_deleted_group_takes_its_resources_along(entrance, registry):
    token = token_of(registry, "Beta")
    entrance.resource_of(HOST, token)
    registry.delete_group("rg")
    assert entrance.resource_of(HOST, token).name == "linarite"


def test_owners_of_a_bounded_number_of_tokens_are_remembered(monkeypatch, entrance, registry):
    monkeypatch.setattr(entrance_module, "_REMEMBERED_OWNERS", 3)
    tokens = [token_of(registry, "alpha", f"http://{number}/") for number in range(5)]
    assert {entrance.resource_of(HOST, token).name for token in tokens * 2} == {"alpha"}
    assert len(entrance._owners) == 3


def test_tokens_of_nobody_are_not_remembered(entrance):
    for number in range(3):
        entrance.resource_of(HOST, f"token {number}")
    assert not entrance._owners


# Whether the token is good


@pytest.mark.parametrize("secondary", [False, True])
def test_token_of_either_key_is_good(entrance, registry, secondary):
    token = token_of(registry, "alpha", secondary=secondary)
    assert entrance.check(registry.get("alpha"), token, HOST, (PATH,)).audiences == (GOOD,)


def test_token_of_another_resource_is_not(entrance, registry):
    assert check_of_refusal(entrance, registry.get("alpha"), token_of(registry, "Beta"), HOST, (PATH,)) == "signature"


def test_absent_token_is_refused(entrance, registry):
    assert check_of_refusal(entrance, registry.default, None, HOST, (PATH,)) == "presence"
    assert check_of_refusal(entrance, registry.default, "", HOST, (PATH,)) == "format"


def test_token_for_another_address_is_refused(entrance, registry):
    token = token_of(registry, "linarite")
    assert check_of_refusal(entrance, registry.default, token, "elsewhere", (PATH,)) == "audience"
    assert check_of_refusal(entrance, registry.default, token, HOST, ("/client/hubs/other",)) == "audience"
    assert check_of_refusal(entrance, registry.default, token, HOST, (PATH.upper(),)) == "audience"
    assert entrance.check(registry.default, token, HOST, ("/other", PATH.upper()), ignore_case=True)


@pytest.mark.parametrize("host", ["[", "a]b", "℀.com", "\x00", "a b"])
def test_host_that_is_none_is_another_address(entrance, registry, host):
    """Such a header raised an error that was nobody's refusal."""
    assert check_of_refusal(entrance, registry.default, token_of(registry, "linarite"), host, (PATH,)) == "audience"


def test_regenerated_key_signs_no_more_and_the_other_still_does(entrance, registry):
    first, second = (token_of(registry, "alpha", secondary=secondary) for secondary in (False, True))
    for token in (first, second):
        assert entrance.check(registry.get("alpha"), token, HOST, (PATH,))
    registry.regenerate_key("rg", "alpha", "Primary")
    resource = registry.get("alpha")
    assert check_of_refusal(entrance, resource, first, HOST, (PATH,)) == "signature"
    assert entrance.check(resource, second, HOST, (PATH,))
    assert entrance.check(resource, token_of(registry, "alpha"), HOST, (PATH,))
    assert entrance.resource_of(HOST, first).name == "linarite"
    assert entrance.resource_of(HOST, token_of(registry, "alpha")).name == "alpha"


def test_disabled_access_keys_open_nothing(entrance, registry):
    token = token_of(registry, "alpha")
    assert entrance.check(registry.get("alpha"), token, HOST, (PATH,))
    registry.update("rg", "alpha", {"properties": {"disableLocalAuth": True}})
    assert check_of_refusal(entrance, registry.get("alpha"), token, HOST, (PATH,)) == "local authentication"


def test_public_endpoint_is_an_address_of_the_server_besides_its_own(registry):
    entrance = make_entrance(registry, "https://Pubsub.example.com")
    for audience in (f"https://pubsub.example.com:443{PATH}", GOOD):
        assert entrance.check(registry.default, token_of(registry, "linarite", audience), HOST, (PATH,))
    other = token_of(registry, "linarite", f"https://example.com{PATH}")
    assert check_of_refusal(entrance, registry.default, other, HOST, (PATH,)) == "audience"


def test_path_of_the_public_endpoint_stands_before_the_path_of_the_request(registry):
    """A proxy that takes the path off made every token count as one for another address."""
    entrance = make_entrance(registry, "https://example.com/base/pubsub")
    for audience in (f"https://example.com/base/pubsub{PATH}?x=1", f"https://example.com{PATH}", GOOD):
        assert entrance.check(registry.default, token_of(registry, "linarite", audience), HOST, (PATH,))
    other = token_of(registry, "linarite", f"https://example.com/base{PATH}")
    assert check_of_refusal(entrance, registry.default, other, HOST, (PATH,)) == "audience"


# Bearer tokens, and what is there without access keys


@pytest.fixture
def authority(tmp_path):
    authority = Authority(tmp_path, Administrator(tmp_path), lambda: NOW, 3600.0)
    authority.name = "https://localhost:8443/adfs"
    return authority


@pytest.fixture
def open_entrance(registry, authority):
    """An entrance that takes the authority's tokens."""
    return make_entrance(registry, bearers=BearerTokens((SERVICE_AUDIENCE,), (authority,), lambda: NOW))


@pytest.fixture
def bearer_token(authority, tmp_path):
    """Give a function that makes an application with a role, and a token of it."""

    def make(role: Role, resource: str | None = None, audience: str = SERVICE_AUDIENCE) -> str:
        name = f"application {len(Applications(tmp_path).all())}"
        application, secret = Applications(tmp_path).create(name, [Assignment(role, resource)])
        return authority.sign_in(application.client_id, secret, audience).token

    return make


def check_of_call(entrance: Entrance, resource, token, method: str = "POST") -> str:
    with pytest.raises(TokenRefused) as refused:
        entrance.check_call(resource, token, method, HOST, (PATH,))
    return refused.value.check


def test_call_is_opened_by_either_kind_of_token(open_entrance, registry, bearer_token):
    resource = registry.get("alpha")
    for _ in range(2):
        found = open_entrance.check_call(resource, token_of(registry, "alpha"), "POST", HOST, (PATH,))
        assert isinstance(found, Claims)
    token = bearer_token(Role.SERVICE_OWNER)
    for _ in range(2):
        assert isinstance(open_entrance.check_call(resource, token, "POST", HOST, (PATH,)), Bearer)


def test_bearer_tokens_do_what_their_role_allows_where_it_allows_it(open_entrance, registry, bearer_token):
    alpha, beta = registry.get("alpha"), registry.get("Beta")
    reader, owner_of_alpha = bearer_token(Role.SERVICE_READER), bearer_token(Role.SERVICE_OWNER, "ALPHA")
    assert open_entrance.check_call(alpha, reader, "GET", HOST, (PATH,))
    assert check_of_call(open_entrance, alpha, reader) == "role"
    assert open_entrance.check_call(alpha, owner_of_alpha, "POST", HOST, (PATH,))
    assert check_of_call(open_entrance, beta, owner_of_alpha, "GET") == "role"
    assert check_of_call(open_entrance, alpha, bearer_token(Role.OWNER), "GET") == "role"


def test_wrong_bearer_tokens_are_refused_by_name(open_entrance, registry, bearer_token):
    good = bearer_token(Role.SERVICE_OWNER)
    resource = registry.default
    assert check_of_call(open_entrance, resource, flipped(good)) == "signature"
    assert check_of_call(open_entrance, resource, bearer_token(Role.OWNER, None, MANAGEMENT_AUDIENCE)) == "audience"
    assert check_of_call(open_entrance, resource, forge({}, header={"alg": "none"}, is_signed=False)) == "algorithm"
    assert check_of_call(open_entrance, resource, None) == "presence"
    assert check_of_call(open_entrance, resource, "") == "format"
    assert check_of_call(open_entrance, resource, token_of(registry, "alpha")) == "signature"


def test_bearer_token_opens_no_client_connection(open_entrance, registry, bearer_token):
    token = bearer_token(Role.SERVICE_OWNER)
    open_entrance.check_call(registry.default, token, "POST", HOST, (PATH,))
    assert check_of_refusal(open_entrance, registry.default, token, HOST, (PATH,)) == "algorithm"


def test_without_an_authority_bearer_tokens_are_refused(entrance, registry, bearer_token):
    assert check_of_call(entrance, registry.default, bearer_token(Role.SERVICE_OWNER)) == "algorithm"


def test_bearer_token_names_no_resource(open_entrance, registry, bearer_token):
    token = bearer_token(Role.SERVICE_OWNER)
    for _ in range(2):
        assert open_entrance.resource_of(HOST, token).name == "linarite"
        assert open_entrance.resource_of("alpha.pubsub.test", token).name == "alpha"
        open_entrance.check_call(registry.default, token, "POST", HOST, (PATH,))


def test_each_kind_of_token_can_be_shut_out(open_entrance, registry, bearer_token):
    key_token, token = token_of(registry, "alpha"), bearer_token(Role.SERVICE_OWNER)

    def checks() -> list[str | None]:
        found = []
        for each in (key_token, token):
            try:
                open_entrance.check_call(registry.get("alpha"), each, "POST", HOST, (PATH,))
                found.append(None)
            except TokenRefused as refused:
                found.append(refused.check)
        return found

    assert checks() == [None, None]
    registry.update("rg", "alpha", {"properties": {"disableLocalAuth": True}})
    assert checks() == ["local authentication", None]
    registry.update("rg", "alpha", {"properties": {"disableLocalAuth": False, "disableAadAuth": True}})
    assert checks() == ["signature", "Entra authentication"]
    key_token = token_of(registry, "alpha")
    assert checks() == [None, "Entra authentication"]


def test_generated_tokens_let_clients_in_where_access_keys_do_not(open_entrance, registry):
    generated = forge({"exp": NOW + 60, "aud": GOOD}, generated_token_key(registry.get("alpha").keys))
    for is_disabled in (False, True):
        registry.update("rg", "alpha", {"properties": {"disableLocalAuth": is_disabled}})
        assert open_entrance.check(registry.get("alpha"), generated, HOST, (PATH,)).audiences == (GOOD,)
    registry.regenerate_key("rg", "alpha", "Salt")
    assert check_of_refusal(open_entrance, registry.get("alpha"), generated, HOST, (PATH,)) == "local authentication"


def test_key_of_generated_tokens_is_no_access_key_and_not_the_salt(registry):
    keys = registry.get("alpha").keys
    assert generated_token_key(keys) not in (keys.primary, keys.secondary, keys.salt)
