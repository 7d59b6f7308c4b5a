import pytest

HANDLER = {
    "urlTemplate": "http://host.com",
    "userEventPattern": "event1,event2",
    "systemEvents": ["connect"],
    "auth": {"type": "ManagedIdentity", "managedIdentity": {"resource": "uri://abc"}},
}

LISTENER = {
    "filter": {"type": "EventName", "userEventPattern": "*"},
    "endpoint": {"type": "EventHub", "fullyQualifiedNamespace": "x.servicebus.windows.net", "eventHubName": "h"},
}


def test_a_minimal_hub_has_the_services_defaults(arm, resource):
    response = arm.put(f"{resource}/hubs/myHub", json={"properties": {}})
    assert response.status_code == 201
    document = response.json()
    assert document.pop("systemData")["createdByType"] == "User"
    assert document == {
        "properties": {
            "eventHandlers": [],
            "eventListeners": None,
            "anonymousConnectPolicy": "deny",
            "webSocketKeepAliveIntervalInSeconds": 20,
        },
        "id": arm.get(resource).json()["id"] + "/hubs/myHub",
        "name": "myHub",
        "type": "Microsoft.SignalRService/WebPubSub/hubs",
    }


def test_put_replaces_the_whole_of_a_hub(arm, resource):
    path = f"{resource}/hubs/demo-hub"
    full = {"eventHandlers": [HANDLER], "anonymousConnectPolicy": "Allow", "webSocketKeepAliveIntervalInSeconds": 50}
    first = arm.put(path, json={"properties": {**full, "madeUp": 1}}).json()["properties"]
    assert first == {**full, "anonymousConnectPolicy": "allow", "eventListeners": None, "madeUp": 1}
    second = arm.put(f"{resource}/hubs/DEMO-HUB", json={"properties": {"eventListeners": []}})
    assert second.status_code == 200
    assert second.json()["name"] == "demo-hub"
    assert second.json()["properties"]["eventHandlers"] == []
    assert "madeUp" not in second.json()["properties"]


def test_the_comma_list_of_the_command_line_is_split(arm, resource):
    handler = {"urlTemplate": "https://h/{event}", "systemEvents": ["connect,connected,disconnected"]}
    response = arm.put(f"{resource}/hubs/chat", json={"properties": {"eventHandlers": [handler]}})
    (echoed,) = response.json()["properties"]["eventHandlers"]
    assert echoed["systemEvents"] == ["connect", "connected", "disconnected"]


def test_hubs_are_listed_shown_and_deleted(arm, resource):
    path = f"{resource}/hubs"
    assert arm.get(path).json() == {"value": [], "nextLink": None}
    for hub in ("one", "two"):
        arm.put(f"{path}/{hub}", json={"properties": {}})
    assert arm.get(path).json()["value"] == [arm.get(f"{path}/{hub}").json() for hub in ("ONE", "two")]
    assert arm.delete(f"{path}/One").status_code == 200
    assert arm.delete(f"{path}/One").status_code == 204
    assert arm.get(f"{path}/one").status_code == 404
    assert [item["name"] for item in arm.get(path).json()["value"]] == ["two"]


@pytest.mark.parametrize(
    ("body", "code", "target"),
    [
        ({}, "InvalidRequestContent", "properties"),
        ({"properties": None}, "InvalidRequestContent", "properties"),
        (
            {"properties": {"eventHandlers": [{}]}},
            "InvalidRequestContent",
            "properties.eventHandlers[0].urlTemplate",
        ),
        (
            {"properties": {"eventHandlers": [{"urlTemplate": "http://{hub}.com"}]}},
            "InvalidRequestContent",
            "properties.eventHandlers[0].urlTemplate",
        ),
        (
            {"properties": {"webSocketKeepAliveIntervalInSeconds": 0}},
            "InvalidRequestContent",
            "properties.webSocketKeepAliveIntervalInSeconds",
        ),
        (
            {"properties": {"webSocketKeepAliveIntervalInSeconds": 121}},
            "InvalidRequestContent",
            "properties.webSocketKeepAliveIntervalInSeconds",
        ),
        ({"properties": {"eventListeners": [{}] * 11}}, "InvalidRequestContent", "properties.eventListeners"),
        ({"properties": {"eventListeners": [{}]}}, "InvalidRequestContent", "properties.eventListeners[0].filter"),
        ({"properties": {"eventListeners": [LISTENER]}}, "NotSupported", "properties.eventListeners"),
    ],
)
def test_wrong_bodies_are_refused_with_the_member_named(arm, resource, body, code, target):
    response = arm.put(f"{resource}/hubs/chat", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["target"]) == (400, code, target)
    assert arm.get(f"{resource}/hubs/chat").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "{resource}/hubs/none", 404, "NotFound"),
        ("GET", "{resource}x/hubs", 404, "ResourceNotFound"),
        ("GET", "{resource}x/hubs/chat", 404, "ResourceNotFound"),
        ("PUT", "{resource}x/hubs/chat", 404, "ResourceNotFound"),
        ("DELETE", "{resource}x/hubs/chat", 404, "ResourceNotFound"),
        ("PUT", "{resource}/hubs/1chat", 400, "InvalidHubName"),
        ("PUT", "{resource}/hubs/a%20b", 400, "InvalidHubName"),
    ],
)
def test_errors(arm, resource, method, path, status, code):
    response = arm.request(method, path.format(resource=resource), json={"properties": {}})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
