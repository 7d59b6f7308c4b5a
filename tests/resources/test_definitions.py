from datetime import UTC, datetime

import pytest

from linarite.resources.definitions import (
    check_group_name,
    is_resource_name,
    new_resource,
    parse_group,
    patched_resource,
    replaced_resource,
)
from linarite.resources.errors import ResourceError
from linarite.resources.keys import new_access_keys
from linarite.resources.model import HubSettings, Resource, ResourceGroup, Sku
from linarite.resources.network_rules import DEFAULT_NETWORK_RULES

EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
EXISTING = Resource(
    name="Demo",
    resource_group="rg",
    location="eastus",
    sku=Sku("Standard_S1", 2),
    tags={"a": "b"},
    keys=new_access_keys(),
    properties={"tls": {"clientCertEnabled": False}, "later": 1},
    hubs={"chat": HubSettings("chat")},
    created_at=EARLIER,
    changed_at=EARLIER,
)


@pytest.mark.parametrize("name", ["abc", "a1-b", "A" + "b" * 62, "my-pubsub-demo"])
def test_resource_names(name):
    assert is_resource_name(name)


@pytest.mark.parametrize("name", ["", "a", "ab", "1abc", "-abc", "abc-", "a_c", "a" * 64, "abc\n", 7, None])
def test_other_texts_are_no_resource_names(name):
    assert not is_resource_name(name)


@pytest.mark.parametrize("name", ["a", "rg-pubsub-demo", "a.b", "(x)_1", "x" * 90])
def test_group_names(name):
    check_group_name(name)


@pytest.mark.parametrize("name", ["", "a.", "a b", "a/b", "x" * 91, "ä"])
def test_other_texts_are_no_group_names(name):
    with pytest.raises(ResourceError, match=r"resourceGroupName: expected .*, got ") as caught:
        check_group_name(name)
    assert caught.value.code == "InvalidResourceGroupName"


def test_a_new_resource_has_the_defaults_of_what_is_left_out():
    resource = new_resource("rg", "Demo", {"location": "East US"}, EXISTING.keys, NOW)
    assert (resource.name, resource.location, resource.sku, resource.kind) == (
        "Demo",
        "eastus",
        Sku("Free_F1", 1),
        "WebPubSub",
    )
    assert (resource.tags, resource.properties, resource.local_auth_disabled) == ({}, {}, False)
    assert resource.created_at == resource.changed_at == NOW


def test_put_replaces_tags_and_properties_and_leaves_keys_hubs_and_sku():
    body = {"location": "eastus", "properties": {"disableLocalAuth": True}}
    resource = replaced_resource(EXISTING, body, NOW)
    assert (resource.tags, resource.properties) == ({}, {"disableLocalAuth": True})
    assert resource.local_auth_disabled
    assert (resource.keys, resource.hubs, resource.sku) == (EXISTING.keys, EXISTING.hubs, EXISTING.sku)
    assert (resource.created_at, resource.changed_at) == (EARLIER, NOW)


def test_patch_changes_only_what_it_names():
    resource = patched_resource(EXISTING, {"sku": {"capacity": 3}, "properties": {"later": 2}}, NOW)
    assert resource.sku == Sku("Standard_S1", 3)
    assert resource.tags == EXISTING.tags
    assert resource.properties == {"tls": {"clientCertEnabled": False}, "later": 2}


def test_patch_replaces_the_whole_of_tags():
    assert patched_resource(EXISTING, {"tags": {"c": "d"}}, NOW).tags == {"c": "d"}
    assert patched_resource(EXISTING, {"tags": None}, NOW).tags == EXISTING.tags


def test_patch_with_only_a_location_keeps_everything():
    resource = patched_resource(EXISTING, {"location": "eastus"}, EARLIER)
    assert resource == EXISTING


def test_members_of_answers_that_come_back_are_not_kept():
    properties = {"hostName": "h", "provisioningState": "Succeeded", "later": {"x": [1]}}
    resource = new_resource("rg", "demo", {"location": "x", "properties": properties}, EXISTING.keys, NOW)
    assert resource.properties == {"later": {"x": [1]}}


def test_what_sdks_send_with_every_update_is_taken():
    properties = {
        "publicNetworkAccess": "Enabled",
        "disableLocalAuth": False,
        "disableAadAuth": False,
        "regionEndpointEnabled": "Enabled",
        "resourceStopped": "false",
        "tls": {"clientCertEnabled": False},
        "networkACLs": {
            **DEFAULT_NETWORK_RULES,
            "publicNetwork": {"allow": ["ServerConnection", "ClientConnection", "RESTAPI", "Trace"]},
        },
        "socketIO": None,
    }
    patched_resource(EXISTING, {"properties": properties, "identity": {"type": "None"}}, NOW)


@pytest.mark.parametrize(
    ("body", "code", "target"),
    [
        ({"location": None}, "LocationRequired", "location"),
        ({"location": ""}, "InvalidLocation", "location"),
        ({"location": "north/pole"}, "InvalidLocation", "location"),
        ({"tags": []}, "InvalidRequestContent", "tags"),
        ({"tags": {"a": 1}}, "InvalidRequestContent", "tags.a"),
        ({"sku": {"name": "Gold"}}, "InvalidSku", "sku.name"),
        ({"kind": "Other"}, "InvalidRequestContent", "kind"),
        ({"kind": 1}, "InvalidRequestContent", "kind"),
        ({"kind": "socketio"}, "NotSupported", "kind"),
        ({"identity": {"type": "SystemAssigned"}}, "NotSupported", "identity"),
        ({"identity": "x"}, "NotSupported", "identity"),
        ({"properties": 1}, "InvalidRequestContent", "properties"),
    ],
)
def test_wrong_members_are_named(body, code, target):
    with pytest.raises(ResourceError) as caught:
        new_resource("rg", "demo", {"location": "eastus", **body}, EXISTING.keys, NOW)
    assert (caught.value.code, caught.value.target) == (code, target)
    assert caught.value.message.startswith(target)


def test_location_and_kind_stay():
    with pytest.raises(ResourceError) as caught:
        replaced_resource(EXISTING, {"location": "westus"}, NOW)
    assert caught.value.code == "InvalidResourceLocation"
    other_kind = Resource(name="io", kind="SocketIO", keys=EXISTING.keys)
    with pytest.raises(ResourceError) as caught:
        patched_resource(other_kind, {"kind": "WebPubSub"}, NOW)
    assert caught.value.code == "PropertyChangeNotAllowed"


def test_a_group_is_made_and_changed_but_not_moved():
    group = parse_group("rg", {"location": "East US", "tags": {"a": "b"}, "managedBy": "me"}, None, NOW)
    assert group == ResourceGroup("rg", "eastus", {"a": "b"}, "me", NOW)
    assert parse_group("RG", {"location": "eastus"}, group, NOW) == ResourceGroup("rg", "eastus", {}, None, NOW)
    with pytest.raises(ResourceError) as caught:
        parse_group("rg", {"location": "westus"}, group, NOW)
    assert caught.value.code == "InvalidResourceGroupLocation"


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({}, "location"),
        ({"location": "x", "managedBy": 1}, "managedBy"),
        ({"location": "x", "tags": 1}, "tags"),
    ],
)
def test_wrong_members_of_groups_are_named(body, target):
    with pytest.raises(ResourceError) as caught:
        parse_group("rg", body, None, NOW)
    assert caught.value.target == target
