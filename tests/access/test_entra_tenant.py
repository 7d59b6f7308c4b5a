"""A tenant's keys: read, kept, renewed within bounds; and the roles of those who have its tokens."""

from __future__ import annotations

import asyncio
import logging

import pytest
from tests.access.rsa_tokens import key_document, key_set, rsa_token

from linarite.access.bearer_tokens import BearerTokens, KeyUnknown
from linarite.access.entra_tenant import EntraTenant, FetchFailed, TenantSettings, parse_keys
from linarite.access.roles import Assignment, Role
from linarite.access.tokens import Claims

ISSUER = "https://login.microsoftonline.com/tenant/v2.0"
AUDIENCE = "https://webpubsub.azure.com"
SETTINGS = TenantSettings((ISSUER,), ("owner-app", "owners-group"), ("reader-app",), 3600.0)
CLAIMS = {"aud": AUDIENCE, "iss": ISSUER, "exp": 2_000_000_000, "azp": "owner-app"}


class Source:
    """What is published, and how often it was read; `gate` holds up answers."""

    def __init__(self, content: bytes) -> None:
        self.content: bytes | Exception = content
        self.reads = 0
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self) -> bytes:
        self.reads += 1
        self.asked.set()
        await self.gate.wait()
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def source():
    return Source(key_set(key_document("k")))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tenant(source, clock):
    return EntraTenant(SETTINGS, source.fetch, clock)


def claims(**everything: object) -> Claims:
    return Claims((), 0.0, None, None, (), (), everything)


async def test_keys_are_read_once_for_all_who_wait(tenant, source):
    source.gate.clear()
    waiting = [asyncio.create_task(tenant.renew()) for _ in range(20)]
    await asyncio.sleep(0)
    with pytest.raises(KeyUnknown):
        tenant.key("k")
    source.gate.set()
    await asyncio.gather(*waiting)
    assert source.reads == 1
    tokens = BearerTokens((AUDIENCE,), (tenant,), lambda: 1_900_000_000)
    assert tokens.check(rsa_token(CLAIMS)).name == "owner-app"


async def test_unknown_keys_make_the_source_be_asked_once_a_minute(tenant, source, clock):
    for _ in range(100):
        await tenant.renew()
        with pytest.raises(KeyUnknown):
            tenant.key("unknown")
    assert source.reads == 1
    clock.now += 60
    await tenant.renew()
    assert source.reads == 2


async def test_new_key_is_known_after_renewal_and_a_withdrawn_one_is_not(tenant, source, clock):
    await tenant.renew()
    kept = tenant.key("k")
    source.content = key_set(key_document("k"), key_document("n", 1))
    clock.now += 60
    await tenant.renew()
    assert tenant.key("n")
    assert tenant.key("k") is kept
    source.content = key_set(key_document("n", 1))
    clock.now += 60
    await tenant.renew()
    with pytest.raises(KeyUnknown):
        tenant.key("k")


@pytest.mark.parametrize("content", [FetchFailed("no route"), b"", b"[]", b"{}", b'{"keys":[]}', b'{"keys":{}}'])
async def test_failed_renewal_keeps_the_keys_and_is_told(tenant, source, clock, caplog, content):
    await tenant.renew()
    source.content = content
    clock.now += 60
    with caplog.at_level(logging.WARNING):
        await tenant.renew()
    assert tenant.key("k")
    assert [record.message for record in caplog.records] == ["keys of the tenant not read"]


async def test_who_stops_waiting_stops_nobody_else(tenant, source):
    source.gate.clear()
    patient, impatient = (asyncio.create_task(tenant.renew()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    source.gate.set()
    await patient
    assert tenant.key("k")


async def test_started_tenant_reads_its_keys_and_closed_one_leaves_no_task(tenant, source):
    tenant.start()
    async with asyncio.timeout(5):
        await source.asked.wait()
    await tenant.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_tenant_is_closed_while_its_source_is_silent(tenant, source):
    source.gate.clear()
    tenant.start()
    async with asyncio.timeout(5):
        await source.asked.wait()
        await tenant.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(
    "member",
    [
        None,
        {},
        {"kty": "EC", "kid": "x", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "oct", "kid": "x", "k": "c2VjcmV0"},
        key_document("x", use="enc"),
        {**key_document("x"), "kid": 7},
        {**key_document("x"), "n": "!"},
        {**key_document("x"), "e": None},
        {"kty": "RSA", "kid": "x"},
    ],
)
def test_key_of_another_kind_is_left_out(member):
    assert set(parse_keys(key_set(member, key_document("k")))) == {"k"}
    with pytest.raises(FetchFailed, match="expected an RSA key"):
        parse_keys(key_set(member))


@pytest.mark.parametrize(
    ("everything", "roles"),
    [
        ({}, []),
        ({"appid": "owner-app"}, [Role.SERVICE_OWNER]),
        ({"azp": "owner-app", "oid": "reader-app"}, [Role.SERVICE_OWNER, Role.SERVICE_READER]),
        ({"oid": "reader-app"}, [Role.SERVICE_READER]),
        ({"oid": "somebody", "groups": ["a", "owners-group"]}, [Role.SERVICE_OWNER]),
        ({"groups": "owners-group"}, []),
        ({"groups": [["owners-group"]], "oid": ["owner-app"]}, []),
        ({"sub": "owner-app"}, []),
        ({"roles": ["Web PubSub Service Reader", "Another"]}, [Role.SERVICE_READER]),
        ({"roles": "Web PubSub Service Owner"}, []),
    ],
)
def test_roles_come_from_the_settings_and_from_the_token(tenant, everything, roles):
    assert tenant.assignments(claims(**everything)) == [Assignment(role) for role in roles]


def test_issuer_compares_exactly(tenant):
    assert tenant.is_named(ISSUER)
    assert not tenant.is_named(ISSUER + "/")
    assert not tenant.is_named("")
