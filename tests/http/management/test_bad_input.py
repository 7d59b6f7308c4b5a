"""Every operation of the management API with input that is wrong: status, error code and the member that is named."""

import itertools

import pytest

from linarite.http.management.long_running import LongRunning
from linarite.http.management.rows import RESOURCE, SUBSCRIPTION, rows

EASTUS = {"location": "eastus"}
LOCATIONS = "/providers/Microsoft.SignalRService/locations/eastus"
MISSING_GROUP = "/resourceGroups/none/providers/Microsoft.SignalRService/webPubSub"


def with_properties(**properties: object) -> dict[str, object]:
    return {**EASTUS, "properties": properties}


def handler(**members: object) -> dict[str, object]:
    return {"properties": {"eventHandlers": [{"urlTemplate": "http://h", **members}]}}


# (method, path, body, status, code, target); `{R}` is a resource that is there, `{P}` where resources of its group are.
CASES = [
    # Resource groups
    ("GET", "/resourceGroups/none", None, 404, "ResourceGroupNotFound", None),
    ("DELETE", "/resourceGroups/none", None, 404, "ResourceGroupNotFound", None),
    ("PUT", "/resourceGroups/bad.", EASTUS, 400, "InvalidResourceGroupName", "resourceGroupName"),
    ("PUT", "/resourceGroups/bad", {}, 400, "LocationRequired", "location"),
    ("PUT", "/resourceGroups/bad", {"location": "?"}, 400, "InvalidLocation", "location"),
    ("PUT", "/resourceGroups/bad", {**EASTUS, "tags": [1]}, 400, "InvalidRequestContent", "tags"),
    ("PUT", "/resourceGroups/linarite", {"location": "westus"}, 409, "InvalidResourceGroupLocation", "location"),
    ("DELETE", "/resourceGroups/linarite", None, 409, "ScopeLocked", None),
    # The provider
    ("POST", f"{LOCATIONS}/checkNameAvailability", {}, 400, "InvalidRequestContent", "type"),
    (
        "POST",
        f"{LOCATIONS}/checkNameAvailability",
        {"type": "Microsoft.SignalRService/webPubSub"},
        400,
        "InvalidRequestContent",
        "name",
    ),
    # Resources
    ("GET", MISSING_GROUP, None, 404, "ResourceGroupNotFound", None),
    ("PUT", f"{MISSING_GROUP}/demo", EASTUS, 404, "ResourceGroupNotFound", None),
    ("DELETE", f"{MISSING_GROUP}/demo", None, 404, "ResourceGroupNotFound", None),
    ("PUT", "{P}/a", EASTUS, 400, "InvalidResourceName", "resourceName"),
    ("PUT", "{P}/linarite", EASTUS, 409, "NameAlreadyExists", "resourceName"),
    ("PUT", "{P}/demo", {}, 400, "LocationRequired", "location"),
    ("PUT", "{P}/demo", {**EASTUS, "sku": "S1"}, 400, "InvalidSku", "sku"),
    ("PUT", "{P}/demo", {**EASTUS, "sku": {"name": "Gold"}}, 400, "InvalidSku", "sku.name"),
    ("PUT", "{P}/demo", {**EASTUS, "sku": {"name": "Premium_P1", "capacity": 15}}, 400, "InvalidSku", "sku.capacity"),
    ("PUT", "{P}/demo", {**EASTUS, "tags": {"a": 1}}, 400, "InvalidRequestContent", "tags.a"),
    ("PUT", "{P}/demo", {**EASTUS, "kind": "Other"}, 400, "InvalidRequestContent", "kind"),
    ("PUT", "{P}/demo", {**EASTUS, "identity": {"type": "SystemAssigned"}}, 400, "NotSupported", "identity"),
    ("PUT", "{P}/demo", {**EASTUS, "properties": 1}, 400, "InvalidRequestContent", "properties"),
    (
        "PUT",
        "{P}/demo",
        with_properties(networkACLs={"ipRules": [{"value": "x/y", "action": "Allow"}]}),
        400,
        "InvalidRequestContent",
        "properties.networkACLs.ipRules[0].value",
    ),
    ("PUT", "{R}", {"location": "westus"}, 409, "InvalidResourceLocation", "location"),
    ("PATCH", "{P}/demo", {}, 404, "ResourceNotFound", None),
    ("PATCH", "{R}", {"sku": {"capacity": 11}}, 400, "InvalidSku", "sku.capacity"),
    (
        "PATCH",
        "{R}",
        {"properties": {"resourceStopped": "later"}},
        400,
        "InvalidRequestContent",
        "properties.resourceStopped",
    ),
    (
        "PATCH",
        "{R}",
        {"properties": {"networkACLs": {"privateEndpoints": [{"name": "p"}]}}},
        400,
        "NotSupported",
        "properties.networkACLs.privateEndpoints",
    ),
    ("POST", "{R}/regenerateKey", {}, 400, "InvalidRequestContent", "keyType"),
    ("POST", "{R}/regenerateKey", {"keyType": "x"}, 400, "InvalidRequestContent", "keyType"),
    # Hubs
    ("GET", "{R}/hubs/none", None, 404, "NotFound", None),
    ("PUT", "{R}/hubs/1", {"properties": {}}, 400, "InvalidHubName", "hubName"),
    ("PUT", "{R}/hubs/h", {}, 400, "InvalidRequestContent", "properties"),
    ("PUT", "{R}/hubs/h", {"properties": [1]}, 400, "InvalidRequestContent", "properties"),
    (
        "PUT",
        "{R}/hubs/h",
        {"properties": {"anonymousConnectPolicy": "maybe"}},
        400,
        "InvalidRequestContent",
        "properties.anonymousConnectPolicy",
    ),
    *(
        (
            "PUT",
            "{R}/hubs/h",
            {"properties": {"webSocketKeepAliveIntervalInSeconds": seconds}},
            400,
            "InvalidRequestContent",
            "properties.webSocketKeepAliveIntervalInSeconds",
        )
        for seconds in (0, 121, "20", True)
    ),
    (
        "PUT",
        "{R}/hubs/h",
        {"properties": {"eventHandlers": {}}},
        400,
        "InvalidRequestContent",
        "properties.eventHandlers",
    ),
    (
        "PUT",
        "{R}/hubs/h",
        {"properties": {"eventHandlers": [{}]}},
        400,
        "InvalidRequestContent",
        "properties.eventHandlers[0].urlTemplate",
    ),
    (
        "PUT",
        "{R}/hubs/h",
        handler(urlTemplate="http://{hub}.example.com"),
        400,
        "InvalidRequestContent",
        "properties.eventHandlers[0].urlTemplate",
    ),
    (
        "PUT",
        "{R}/hubs/h",
        handler(systemEvents=["message"]),
        400,
        "InvalidRequestContent",
        "properties.eventHandlers[0].systemEvents",
    ),
    (
        "PUT",
        "{R}/hubs/h",
        handler(userEventPattern=1),
        400,
        "InvalidRequestContent",
        "properties.eventHandlers[0].userEventPattern",
    ),
    (
        "PUT",
        "{R}/hubs/h",
        handler(auth={"type": "Basic"}),
        400,
        "InvalidRequestContent",
        "properties.eventHandlers[0].auth.type",
    ),
    # Custom domains and certificates
    ("GET", "{R}/customDomains/none", None, 404, "NotFound", None),
    ("PUT", "{R}/customDomains/d", {"properties": {}}, 400, "InvalidRequestContent", "properties.domainName"),
    ("GET", "{R}/customCertificates/none", None, 404, "NotFound", None),
    (
        "PUT",
        "{R}/customCertificates/c",
        {"properties": {}},
        400,
        "InvalidRequestContent",
        "properties.keyVaultBaseUri",
    ),
    # What only the platform has
    ("PUT", "{R}/privateEndpointConnections/p", {}, 400, "NotSupported", None),
    ("PUT", "{R}/sharedPrivateLinkResources/p", {}, 400, "NotSupported", None),
    ("PUT", "{R}/replicas/r", EASTUS, 400, "NotSupported", None),
    ("PATCH", "{R}/replicas/r", EASTUS, 400, "NotSupported", None),
    # Operations
    ("GET", "{R}/operationStatuses/none", None, 404, "NotFound", None),
    ("GET", "{R}/operationResults/none", None, 404, "NotFound", None),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "target"), CASES)
def test_wrong_input_is_named(arm, group, resource, method, path, body, status, code, target):
    resources = f"{group}/providers/Microsoft.SignalRService/webPubSub"
    response = arm.request(method, path.format(P=resources, R=resource), json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error.get("target")) == (status, code, target)
    assert error["message"]
    if target is not None and status == 400 and code != "NotSupported":
        assert error["message"].startswith(f"{target}: ")


OPERATIONS = [(method, row.path) for row in rows(LongRunning(0)) for method in row.operations]


def filled(path: str, group: str, resource: str) -> str:
    named = path.replace(RESOURCE, resource).replace("{group}", group.rpartition("/")[2]).replace(SUBSCRIPTION, "")
    return named.format(location="eastus", hub="h", name="n", operation="o", link="l")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_wants_an_api_version(arm, group, resource, method, path):
    target = filled(path, group, resource)
    base = str(arm.base_url).partition("/subscriptions")[0] if path.startswith("/providers") else ""
    missing = arm.request(method, base + target, params={"api-version": ""})
    unknown = arm.request(method, base + target, params={"api-version": "1999-01-01x"})
    assert [one.status_code for one in (missing, unknown)] == [400, 400]
    if method != "HEAD":
        assert missing.json()["error"]["code"] == "MissingApiVersionParameter"
        assert unknown.json()["error"]["code"] == "InvalidApiVersionParameter"


@pytest.mark.parametrize("version", ["2024-03-01", "2023-02-01", "2021-10-01"])
@pytest.mark.parametrize("path", ["", "/hubs", "/skus", "/customDomains", "/customCertificates", "/replicas"])
def test_the_newest_stable_version_and_the_two_before_it_are_taken(arm, resource, path, version):
    assert arm.get(resource + path, params={"api-version": version}).status_code == 200


BODIES = [(method, path) for method, path in OPERATIONS if method in ("PUT", "PATCH")]


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [(*one, content) for one, content in itertools.product(BODIES, (b"", b"{", b"[]", b'"x"', b"\xff"))],
)
def test_every_write_wants_a_json_object(arm, group, resource, method, path, content):
    response = arm.request(method, filled(path, group, resource), content=content)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequestContent")


@pytest.mark.parametrize(
    ("method", "path"),
    [one for one in OPERATIONS if RESOURCE in one[1] and one not in (("PUT", RESOURCE), ("DELETE", RESOURCE))],
)
def test_every_operation_on_a_resource_wants_it_to_be_there(arm, group, method, path):
    missing = f"{group}/providers/Microsoft.SignalRService/webPubSub/none"
    response = arm.request(method, filled(path, group, missing), json={"properties": {}})
    expected = "NotFound" if "/operation" in path else "ResourceNotFound"
    assert (response.status_code, response.json()["error"]["code"]) == (404, expected)
