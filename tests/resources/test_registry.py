from dataclasses import replace

import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.model import Sku
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore
from linarite.resources.store import StoreError

EASTUS = {"location": "eastus"}


def test_the_default_resource_is_made_once(store):
    registry = Registry(store, "Linarite")
    made = registry.ensure_default()
    assert registry.default is made is registry.ensure_default()
    assert registry.all() == (made,)
    assert made.sku == Sku("Standard_S1", 1)


def test_the_default_name_must_be_a_resource_name(store):
    with pytest.raises(ResourceError, match="resourceName"):
        Registry(store, "no good")


def test_resources_are_found_in_any_case_and_keep_the_case_of_their_making(registry):
    made, is_new = registry.create_or_update("RG", "My-PubSub", EASTUS)
    assert is_new
    assert (made.name, made.resource_group) == ("My-PubSub", "rg")
    assert registry.get("my-pubsub") is made
    assert registry.find("Rg", "MY-PUBSUB") is made
    assert registry.get("other") is None


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("one.localhost", "one"),
        ("ONE.LocalHost", "one"),
        ("two.localhost", None),
        ("localhost", None),
        ("one.localhost.evil", None),
        ("a.one.localhost", None),
        ("one", None),
        ("", None),
    ],
)
def test_a_host_names_its_resource(registry, make_resource, host, name):
    make_resource("one")
    found = registry.by_host(host, "localhost")
    assert (found.name if found else None) == name


def test_what_was_changed_is_there_in_the_next_registry(registry, make_resource, store):
    make_resource("one", sku={"name": "Standard_S1", "capacity": 2}, tags={"a": "b"}, properties={"later": [1]})
    registry.update("rg", "one", {"sku": {"capacity": 3}})
    registry.put_hub("rg", "one", "Chat", {"properties": {"anonymousConnectPolicy": "allow", "x": {"y": None}}})
    registry.put_hub("rg", "one", "gone", {"properties": {}})
    registry.delete_hub("rg", "one", "gone")
    registry.regenerate_key("rg", "one", "Primary")
    make_resource("two")
    registry.delete("rg", "two")
    registry.put_group("away", EASTUS)
    registry.create_or_update("away", "three", EASTUS)
    registry.delete_group("away")
    again = Registry(store, "linarite")
    assert again.all() == registry.all()
    assert again.groups() == registry.groups()
    assert [one.name for one in again.all()] == ["linarite", "one"]
    assert again.find("rg", "one").hub("chat").anonymous_connect_allowed


def test_put_of_an_existing_resource_keeps_keys_and_hubs(registry, make_resource):
    make_resource("one")
    registry.put_hub("rg", "one", "chat", {"properties": {}})
    before = registry.find("rg", "one")
    after, is_new = registry.create_or_update("rg", "ONE", EASTUS)
    assert not is_new
    assert (after.name, after.keys, after.hubs) == ("one", before.keys, before.hubs)


def test_access_keys_that_are_disabled_are_gone_for_good(registry, make_resource):
    make_resource("one")
    old = registry.find("rg", "one").keys
    disabled = registry.update("rg", "one", {"properties": {"disableLocalAuth": True}}).keys
    assert {disabled.primary, disabled.secondary}.isdisjoint({old.primary, old.secondary})
    assert disabled.salt == old.salt
    registry.update("rg", "one", {"tags": {"a": "b"}})
    assert registry.find("rg", "one").keys == disabled
    registry.create_or_update("rg", "one", EASTUS)
    assert registry.find("rg", "one").keys == disabled
    registry.create_or_update("rg", "one", EASTUS | {"properties": {"disableLocalAuth": True}})
    assert registry.find("rg", "one").keys != disabled


def test_a_hub_that_was_deleted_has_no_handlers_any_more(registry, make_resource):
    make_resource("one")
    handler = {"urlTemplate": "http://localhost/api", "userEventPattern": "*"}
    registry.put_hub("rg", "one", "chat", {"properties": {"eventHandlers": [handler]}})
    assert len(registry.find("rg", "one").hub("Chat").event_handlers) == 1
    assert registry.delete_hub("rg", "one", "CHAT")
    assert registry.find("rg", "one").hub("chat").event_handlers == ()


def test_subscribers_hear_each_change_after_it_can_be_looked_up(registry, make_resource):
    heard = []
    registry.subscribe(lambda name, resource: heard.append((name, resource, registry.get(name))))
    make_resource("one")
    registry.put_hub("rg", "one", "chat", {"properties": {}})
    registry.regenerate_key("rg", "one", "Secondary")
    registry.update("rg", "one", {"tags": {"a": "b"}})
    registry.delete_hub("rg", "one", "chat")
    registry.delete("rg", "one")
    assert [name for name, _, _ in heard] == ["one"] * 6
    assert all(told is found for _, told, found in heard)
    assert heard[-1] == ("one", None, None)


def test_deleting_a_group_tells_of_each_resource_in_it(registry, make_resource):
    make_resource("one")
    make_resource("two")
    heard = []
    registry.subscribe(lambda name, resource: heard.append((name, resource)))
    registry.delete_group("RG")
    assert heard == [("one", None), ("two", None)]
    assert [one.name for one in registry.all()] == ["linarite"]


def test_a_subscription_can_end(registry, make_resource):
    heard = []
    end = registry.subscribe(lambda name, resource: heard.append(name))
    end()
    make_resource("one")
    assert heard == []


def test_a_subscriber_that_fails_keeps_no_other_from_hearing(registry, make_resource):
    heard = []

    def fail(name, resource):
        raise RuntimeError("broken")

    registry.subscribe(fail)
    registry.subscribe(lambda name, resource: heard.append(name))
    with pytest.raises(ExceptionGroup, match="subscribers failed on a change of resource one"):
        make_resource("one")
    assert heard == ["one"]


def test_nothing_changes_when_the_store_fails(registry, make_resource, store: SqliteStore):
    make_resource("one")
    before = registry.find("rg", "one")
    heard = []
    registry.subscribe(lambda name, resource: heard.append(name))
    store.close()
    attempts = [
        lambda: registry.update("rg", "one", {"tags": {"a": "b"}}),
        lambda: registry.regenerate_key("rg", "one", "Primary"),
        lambda: registry.put_hub("rg", "one", "chat", {"properties": {}}),
        lambda: registry.create_or_update("rg", "two", EASTUS),
        lambda: registry.put_group("new", EASTUS),
        lambda: registry.delete("rg", "one"),
        lambda: registry.delete_group("rg"),
    ]
    for attempt in attempts:
        with pytest.raises(StoreError):
            attempt()
    assert registry.find("rg", "one") is before
    assert len(registry.groups()) == 2
    assert heard == []


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda r: r.group("none"), "ResourceGroupNotFound"),
        (lambda r: r.in_group("none"), "ResourceGroupNotFound"),
        (lambda r: r.find("none", "one"), "ResourceGroupNotFound"),
        (lambda r: r.find("rg", "two"), "ResourceNotFound"),
        (lambda r: r.find("linarite", "one"), "ResourceNotFound"),
        (lambda r: r.create_or_update("none", "two", EASTUS), "ResourceGroupNotFound"),
        (lambda r: r.create_or_update("linarite", "One", {"location": "local"}), "NameAlreadyExists"),
        (lambda r: r.create_or_update("rg", "no good", EASTUS), "InvalidResourceName"),
        (lambda r: r.update("rg", "two", {}), "ResourceNotFound"),
        (lambda r: r.delete("none", "one"), "ResourceGroupNotFound"),
        (lambda r: r.delete("linarite", "linarite"), "ScopeLocked"),
        (lambda r: r.delete_group("linarite"), "ScopeLocked"),
        (lambda r: r.delete_group("none"), "ResourceGroupNotFound"),
        (lambda r: r.regenerate_key("rg", "two", "Primary"), "ResourceNotFound"),
        (lambda r: r.regenerate_key("rg", "one", "x"), "InvalidRequestContent"),
        (lambda r: r.hub("rg", "one", "chat"), "NotFound"),
        (lambda r: r.hub("rg", "two", "chat"), "ResourceNotFound"),
        (lambda r: r.put_hub("rg", "two", "chat", {"properties": {}}), "ResourceNotFound"),
        (lambda r: r.put_hub("rg", "one", "1", {"properties": {}}), "InvalidHubName"),
        (lambda r: r.put_hub("rg", "one", "chat", {}), "InvalidRequestContent"),
        (lambda r: r.put_group("a.", EASTUS), "InvalidResourceGroupName"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(registry, make_resource, attempt, code):
    make_resource("one")
    before = (registry.all(), registry.groups())
    with pytest.raises(ResourceError) as caught:
        attempt(registry)
    assert caught.value.code == code
    assert (registry.all(), registry.groups()) == before


def test_deleting_what_is_not_there_says_so(registry, make_resource):
    make_resource("one")
    assert registry.delete("rg", "two") is False
    assert registry.delete_hub("rg", "one", "chat") is False
    assert registry.delete("rg", "ONE") is True


def test_a_hub_keeps_the_spelling_and_time_of_its_making(registry, make_resource):
    make_resource("one")
    first, is_new = registry.put_hub("rg", "one", "MyHub", {"properties": {}})
    assert is_new
    second, is_new = registry.put_hub("rg", "one", "myhub", {"properties": {"x": 1}})
    assert not is_new
    assert second == replace(first, properties={"x": 1}, changed_at=second.changed_at)
    assert registry.hub("rg", "one", "MYHUB") is second
