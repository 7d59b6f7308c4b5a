import tomllib
from contextlib import closing

import pytest
from tests.resources.certificate_files import write_certificate

from linarite.resources.declared import Declared, Outcome, carry_out
from linarite.resources.declared_toml import parse_declared_table
from linarite.resources.errors import ResourceError
from linarite.resources.model import Sku
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore

FILE = """
[groups.rg-demo]
location = "East US"
tags = { team = "chat" }

[resources.demo]
resource_group = "rg-demo"
sku = "Standard_S1"
unit_count = 2
tags = { a = "b" }
properties = { publicNetworkAccess = "Enabled" }

[resources.demo.hubs.Chat]
anonymousConnectPolicy = "allow"
[[resources.demo.hubs.Chat.eventHandlers]]
urlTemplate = "http://localhost:3000/upstream"
systemEvents = ["connect"]

[resources.demo.custom_domains.one]
domainName = "pubsub.example.com"

[resources.other]
"""


def declared(text: str = FILE) -> Declared:
    return parse_declared_table(tomllib.loads(text))


def subjects(outcomes) -> list[str]:
    return [outcome.subject for outcome in outcomes]


def test_what_is_missing_is_made(registry):
    outcomes = carry_out(registry, declared(), correct=False)
    assert outcomes == [
        Outcome("groups.rg-demo"),
        Outcome("resources.demo"),
        Outcome("resources.demo.hubs.Chat"),
        Outcome("resources.demo.custom_domains.one"),
        Outcome("resources.other"),
    ]
    demo = registry.find("rg-demo", "demo")
    assert (demo.location, demo.sku, demo.tags) == ("eastus", Sku("Standard_S1", 2), {"a": "b"})
    assert demo.hub("chat").anonymous_connect_allowed
    assert demo.hub("chat").event_handlers[0].url_template == "http://localhost:3000/upstream"
    assert registry.by_custom_domain("pubsub.example.com") is demo
    assert registry.find("linarite", "other").location == "local"


@pytest.mark.parametrize("correct", [False, True])
def test_a_second_time_changes_nothing(database, correct):
    with closing(SqliteStore(database)) as store:
        registry = Registry(store, "linarite")
        registry.ensure_default()
        carry_out(registry, declared(), correct=correct)
        before = store.load()
        assert carry_out(registry, declared(), correct=correct) == []
        assert store.load() == before
    with closing(SqliteStore(database)) as store:
        assert carry_out(Registry(store, "linarite"), declared(), correct=correct) == []
        assert store.load() == before


def drift(registry) -> None:
    """Change what is declared, and what is not."""
    carry_out(registry, declared(), correct=False)
    registry.update(
        "rg-demo",
        "demo",
        {"sku": {"capacity": 1}, "properties": {"publicNetworkAccess": "Disabled", "disableAadAuth": True}},
    )
    chat = {"anonymousConnectPolicy": "allow", "webSocketKeepAliveIntervalInSeconds": 50}
    registry.put_hub("rg-demo", "demo", "chat", {"properties": chat})
    registry.put_hub("rg-demo", "demo", "unknown", {"properties": {}})
    registry.put_group("rg-demo", {"location": "eastus"})


DRIFT = [
    ("groups.rg-demo", ("tags",)),
    ("resources.demo", ("sku", "properties.publicNetworkAccess")),
    ("resources.demo.hubs.Chat", ("eventHandlers",)),
]


def test_drift_is_reported_and_left(registry):
    drift(registry)
    before = registry.find("rg-demo", "demo")
    assert carry_out(registry, declared(), correct=False) == [Outcome(*one, is_done=False) for one in DRIFT]
    assert registry.find("rg-demo", "demo") is before


def test_drift_is_corrected_and_nothing_else_touched(registry):
    drift(registry)
    assert carry_out(registry, declared(), correct=True) == [Outcome(*one) for one in DRIFT]
    demo = registry.find("rg-demo", "demo")
    assert (demo.sku.capacity, demo.properties["publicNetworkAccess"]) == (2, "Enabled")
    assert demo.properties["disableAadAuth"] is True
    assert (demo.hub("chat").keep_alive_seconds, len(demo.hub("chat").event_handlers)) == (50, 1)
    assert "unknown" in demo.hubs
    assert registry.group("rg-demo").tags == {"team": "chat"}
    assert carry_out(registry, declared(), correct=True) == []


def test_a_default_that_was_never_set_is_no_drift(registry, make_resource):
    make_resource("demo")
    text = '[resources.demo]\nresource_group = "rg"\nproperties = { publicNetworkAccess = "Enabled" }'
    assert carry_out(registry, declared(text), correct=False) == []


def test_a_certificate_is_made_before_the_domain_that_needs_it(registry, tmp_path):
    registry.certificates_folder = tmp_path
    write_certificate(tmp_path / "first.pem", "pubsub.example.com")
    write_certificate(tmp_path / "second.pem", "pubsub.example.com")
    text = """
[resources.demo]
resource_group = "rg-new"
[resources.demo.custom_domains.one]
domainName = "pubsub.example.com"
customCertificate = { id = "/customCertificates/cert" }
[resources.demo.custom_certificates.cert]
keyVaultBaseUri = "file:"
keyVaultSecretName = "first"
"""
    assert subjects(carry_out(registry, declared(text), correct=True)) == [
        "resources.demo",
        "resources.demo.custom_certificates.cert",
        "resources.demo.custom_domains.one",
    ]
    assert carry_out(registry, declared(text), correct=True) == []
    changed = declared(text.replace("first", "second"))
    drifted = Outcome("resources.demo.custom_certificates.cert", ("keyVaultSecretName",))
    assert carry_out(registry, changed, correct=True) == [drifted]
    assert registry.find("rg-new", "demo").custom_certificates["cert"].secret_name == "second"


def test_where_a_resource_is_cannot_be_corrected(registry, make_resource):
    make_resource("demo")
    outcomes = carry_out(registry, declared('[resources.demo]\nlocation = "westus"'), correct=True)
    assert outcomes == [Outcome("resources.demo", ("resource_group", "location"), is_done=False)]


def test_the_default_resource_of_a_first_start_is_made_as_declared(registry):
    text = '[resources.linarite]\nsku = "Free_F1"'
    outcomes = carry_out(registry, declared(text), correct=False, fresh=frozenset({"linarite"}))
    assert outcomes == [Outcome("resources.linarite", ("sku",))]
    assert registry.default.sku == Sku("Free_F1", 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[resources.x]", "resources.x: resourceName"),
        ('[resources.demo]\nsku = "Gold"', "resources.demo: sku.name"),
        ('[resources.demo]\nlocation = "?"', "resources.demo: location"),
        ('[resources.demo]\nresource_group = "bad."', "resources.demo: resourceGroupName"),
        ('[resources.demo.hubs."1"]', "resources.demo: hubs.1: hubName"),
        (
            "[resources.demo.hubs.chat]\nwebSocketKeepAliveIntervalInSeconds = 0",
            "resources.demo: hubs.chat: properties.webSocketKeepAliveIntervalInSeconds",
        ),
        ("[resources.demo.custom_domains.d]", "resources.demo: custom_domains.d: properties.domainName"),
        ('[groups.rg-new]\nlocation = "?"', "groups.rg-new: location"),
        ("[resource.demo]", "resource: expected one of groups, resources"),
        ("[resources.demo]\nunits = 1", "resources.demo.units: expected one of "),
        ("[resources.demo]\nresource_group = 1", "resources.demo.resource_group: expected text"),
        ("[groups.rg]\nplace = 1", "groups.rg.place: expected one of location, tags"),
        ("[groups]\nrg = 1", "groups.rg: expected a table"),
        ("[resources.demo]\nhubs = [1]", "resources.demo.hubs: expected a table"),
    ],
)
def test_a_file_with_a_mistake_changes_nothing_and_is_told_where(registry, text, place):
    before = (registry.groups(), registry.all())
    with pytest.raises(ResourceError) as caught:
        carry_out(registry, declared(f'[resources.good]\nsku = "Free_F1"\n{text}'), correct=True)
    assert caught.value.message.startswith(place)
    assert (registry.groups(), registry.all()) == before
