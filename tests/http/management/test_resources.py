from urllib.parse import urlsplit

import pytest

EASTUS = {"location": "eastus"}


def test_a_new_resource_is_answered_in_the_services_shape(arm, group, name):
    path = f"{group}/providers/Microsoft.SignalRService/webPubSub/{name}"
    body = {**EASTUS, "sku": {"name": "Standard_S1", "capacity": 1}, "tags": {"key": "value"}}
    response = arm.put(path, json=body)
    assert response.status_code == 201
    document = response.json()
    times = document.pop("systemData")
    assert times["createdAt"] == times["lastModifiedAt"]
    assert times["createdAt"].endswith("Z")
    assert (times["createdBy"], times["createdByType"]) == ("administrator", "User")
    port = urlsplit(str(arm.base_url)).port
    subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
    assert document == {
        "sku": {"name": "Standard_S1", "tier": "Standard", "size": "S1", "capacity": 1},
        "properties": {
            "provisioningState": "Succeeded",
            "externalIP": "127.0.0.1",
            "hostName": "127.0.0.1",
            "publicPort": port,
            "serverPort": port,
            "version": "1.0",
            "privateEndpointConnections": [],
            "sharedPrivateLinkResources": [],
            "tls": {"clientCertEnabled": False},
            "hostNamePrefix": name,
            "liveTraceConfiguration": None,
            "resourceLogConfiguration": None,
            "networkACLs": {
                "defaultAction": "Deny",
                "publicNetwork": {
                    "allow": ["ServerConnection", "ClientConnection", "RESTAPI", "Trace"],
                    "deny": None,
                },
                "privateEndpoints": [],
                "ipRules": [{"value": "0.0.0.0/0", "action": "Allow"}, {"value": "::/0", "action": "Allow"}],
            },
            "publicNetworkAccess": "Enabled",
            "disableLocalAuth": False,
            "disableAadAuth": False,
            "regionEndpointEnabled": "Enabled",
            "resourceStopped": "false",
            "socketIO": None,
        },
        "kind": "WebPubSub",
        "location": "eastus",
        "tags": {"key": "value"},
        "id": f"{subscription}{group}/providers/Microsoft.SignalRService/WebPubSub/{name}",
        "name": name,
        "type": "Microsoft.SignalRService/WebPubSub",
    }
    assert arm.get(path).json() == response.json()


def test_put_again_changes_the_resource_in_place(arm, resource):
    response = arm.put(resource, json={**EASTUS, "sku": {"name": "Standard_S1", "capacity": 2}})
    assert response.status_code == 200
    assert response.json()["sku"]["capacity"] == 2
    assert response.json()["tags"] is None


def test_without_a_sku_a_resource_is_free(arm, group, name):
    path = f"{group}/providers/Microsoft.SignalRService/webPubSub/{name}"
    assert arm.put(path, json=EASTUS).json()["sku"] == {
        "name": "Free_F1",
        "tier": "Free",
        "size": "F1",
        "capacity": 1,
    }


def test_paths_compare_without_case_and_names_keep_theirs(arm, resource, name):
    response = arm.get(resource.upper())
    assert response.status_code == 200
    assert response.json()["name"] == name
    assert arm.get(resource.lower()).json()["id"] == response.json()["id"]


def test_patch_keeps_what_it_does_not_name(arm, resource):
    before = arm.get(resource).json()
    response = arm.patch(resource, json={"tags": {"new": "tag"}})
    assert response.status_code == 200
    after = response.json()
    assert after["tags"] == {"new": "tag"}
    assert after["sku"] == before["sku"]
    unchanged = arm.patch(resource, json=EASTUS).json()
    assert {**unchanged, "systemData": None} == {**after, "systemData": None}


def test_properties_nobody_knows_are_kept_and_echoed(arm, resource):
    body = {**EASTUS, "properties": {"madeUp": {"deep": [1, None, "ä"]}}}
    assert arm.put(resource, json=body).json()["properties"]["madeUp"] == {"deep": [1, None, "ä"]}
    arm.patch(resource, json={"properties": {"other": 2}})
    properties = arm.get(resource).json()["properties"]
    assert (properties["madeUp"], properties["other"]) == ({"deep": [1, None, "ä"]}, 2)


def test_an_answer_that_is_sent_back_changes_nothing(arm, resource):
    document = arm.get(resource).json()
    again = arm.put(resource, json=document)
    assert again.status_code == 200
    assert {**again.json(), "systemData": None} == {**document, "systemData": None}


def test_deleting_twice_finds_nothing_the_second_time(arm, resource):
    first, second = arm.delete(resource), arm.delete(resource)
    assert (first.status_code, first.content) == (200, b"")
    assert (second.status_code, second.content) == (204, b"")
    assert arm.get(resource).status_code == 404


def test_lists_by_group_and_by_subscription(arm, group, resource, name):
    in_group = arm.get(f"{group}/providers/Microsoft.SignalRService/webPubSub").json()
    assert in_group["nextLink"] is None
    assert in_group["value"] == [arm.get(resource).json()]
    everywhere = arm.get("/providers/microsoft.signalrservice/webpubsub").json()["value"]
    assert {name, "linarite"} <= {item["name"] for item in everywhere}


def test_a_name_is_taken_in_every_group(arm, resource, name):
    assert arm.put("/resourceGroups/other", json=EASTUS).status_code in (200, 201)
    path = f"/resourceGroups/other/providers/Microsoft.SignalRService/webPubSub/{name.upper()}"
    response = arm.put(path, json=EASTUS)
    assert (response.status_code, response.json()["error"]["code"]) == (409, "NameAlreadyExists")


def test_skus_have_the_recorded_shape(arm, resource):
    listed = arm.get(f"{resource}/skus").json()
    assert listed["nextLink"] is None
    assert [item["sku"]["name"] for item in listed["value"]] == [
        "Free_F1",
        "Standard_S1",
        "Premium_P1",
        "Premium_P2",
    ]
    assert listed["value"][1] == {
        "resourceType": "Microsoft.SignalRService/WebPubSub",
        "sku": {"name": "Standard_S1", "tier": "Standard", "capacity": None},
        "capacity": {
            "minimum": 1,
            "maximum": 100,
            "default": 1,
            "allowedValues": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
            "scaleType": "Manual",
        },
    }


MISSING = "/resourceGroups/none/providers/Microsoft.SignalRService/webPubSub"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", MISSING, None, 404, "ResourceGroupNotFound"),
        ("GET", f"{MISSING}/demo", None, 404, "ResourceGroupNotFound"),
        ("PUT", f"{MISSING}/demo", EASTUS, 404, "ResourceGroupNotFound"),
        ("DELETE", f"{MISSING}/demo", None, 404, "ResourceGroupNotFound"),
        ("GET", "{group}/demo", None, 404, "ResourceNotFound"),
        ("PATCH", "{group}/demo", {}, 404, "ResourceNotFound"),
        ("GET", "{group}/demo/skus", None, 404, "ResourceNotFound"),
        ("PUT", "{group}/a", EASTUS, 400, "InvalidResourceName"),
        ("PUT", "{group}/1abc", EASTUS, 400, "InvalidResourceName"),
        ("PUT", "{group}/abc-", EASTUS, 400, "InvalidResourceName"),
        ("PUT", "{group}/" + "x" * 64, EASTUS, 400, "InvalidResourceName"),
        ("PUT", "{group}/demo", {}, 400, "LocationRequired"),
        ("PUT", "{group}/demo", {**EASTUS, "sku": {"name": "Free_F1", "capacity": 2}}, 400, "InvalidSku"),
        ("PUT", "{group}/demo", {**EASTUS, "sku": {"name": "Premium_P1", "capacity": 15}}, 400, "InvalidSku"),
        ("PUT", "{group}/demo", {**EASTUS, "sku": {"name": "Gold"}}, 400, "InvalidSku"),
        ("PUT", "{group}/demo", {**EASTUS, "kind": "SocketIO"}, 400, "NotSupported"),
        ("PUT", "{group}/demo", {**EASTUS, "properties": []}, 400, "InvalidRequestContent"),
        ("PUT", "{resource}", {"location": "westus"}, 409, "InvalidResourceLocation"),
        ("PATCH", "{resource}", {"sku": {"capacity": 11}}, 400, "InvalidSku"),
        ("PATCH", "{resource}", {"properties": {"publicNetworkAccess": "Off"}}, 400, "InvalidRequestContent"),
    ],
)
def test_errors(arm, group, resource, method, path, body, status, code):
    resources = f"{group}/providers/Microsoft.SignalRService/webPubSub"
    response = arm.request(method, path.format(group=resources, resource=resource), json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"]


def test_a_missing_resource_is_told_in_the_platforms_words(arm, group):
    response = arm.get(f"{group}/providers/Microsoft.SignalRService/webPubSub/demo")
    assert response.json()["error"]["message"] == (
        f"The Resource 'Microsoft.SignalRService/WebPubSub/demo' under resource group '{group.rpartition('/')[2]}' "
        "was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def test_the_default_resource_cannot_be_deleted(arm):
    path = "/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite"
    response = arm.delete(path)
    assert (response.status_code, response.json()["error"]["code"]) == (409, "ScopeLocked")
    assert arm.get(path).status_code == 200


def test_a_restart_is_done_when_it_is_answered(arm, resource):
    keys = arm.post(f"{resource}/listKeys").json()
    response = arm.post(f"{resource}/restart")
    assert (response.status_code, response.content) == (204, b"")
    assert arm.post(f"{resource}/listKeys").json() == keys


def test_network_rules_are_answered_as_they_were_set(arm, resource):
    acls = {"defaultAction": "Deny", "publicNetwork": {"allow": ["RESTAPI"]}}
    after = arm.patch(resource, json={"properties": {"networkACLs": acls}}).json()["properties"]["networkACLs"]
    assert after["publicNetwork"] == {"allow": ["RESTAPI"], "deny": None}
    assert [rule["value"] for rule in after["ipRules"]] == ["0.0.0.0/0", "::/0"]
    assert arm.get(resource).json()["properties"]["networkACLs"] == after
