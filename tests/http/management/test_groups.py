import pytest


def test_a_group_is_made_shown_and_changed(arm):
    path = "/resourcegroups/Rg-Made"
    created = arm.put(path, json={"location": "East US", "tags": {"a": "b"}})
    assert created.status_code == 201
    assert created.json() == {
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/Rg-Made",
        "name": "Rg-Made",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "eastus",
        "managedBy": None,
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    }
    assert arm.get("/RESOURCEGROUPS/rg-made").json() == created.json()
    changed = arm.put("/resourceGroups/RG-MADE", json={"location": "eastus"})
    assert changed.status_code == 200
    assert changed.json() == {**created.json(), "tags": None}


def test_existence_is_asked_with_head(arm, group):
    for path, status in ((group, 204), ("/resourceGroups/none", 404)):
        response = arm.head(path)
        assert (response.status_code, response.content) == (status, b"")


def test_the_list_holds_every_group(arm, group):
    listed = arm.get("/resourceGroups").json()
    assert listed["nextLink"] is None
    assert {"linarite", group.rpartition("/")[2]} <= {item["name"] for item in listed["value"]}


def test_deleting_a_group_deletes_its_resources(arm, group, resource, name):
    assert arm.delete(group).status_code == 200
    assert arm.get(group).json()["error"]["code"] == "ResourceGroupNotFound"
    everything = arm.get("/providers/Microsoft.SignalRService/webPubSub").json()["value"]
    assert name not in [item["name"] for item in everything]
    assert arm.delete(group).status_code == 404


@pytest.mark.parametrize("subscription", ["11111111-2222-3333-4444-555555555555", "any text"])
def test_every_subscription_is_this_server(arm, group, subscription):
    response = arm.get(str(arm.base_url).replace("00000000-0000-0000-0000-000000000000", subscription)[:-1] + group)
    assert response.json()["id"] == f"/subscriptions/{subscription}{group}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/none", None, 404, "ResourceGroupNotFound"),
        ("DELETE", "/none", None, 404, "ResourceGroupNotFound"),
        ("DELETE", "/linarite", None, 409, "ScopeLocked"),
        ("PUT", "/linarite", {"location": "westus"}, 409, "InvalidResourceGroupLocation"),
        ("PUT", "/new", {}, 400, "LocationRequired"),
        ("PUT", "/new", {"location": 1}, 400, "LocationRequired"),
        ("PUT", "/new", {"location": "a/b"}, 400, "InvalidLocation"),
        ("PUT", "/new", {"location": "x", "tags": {"a": []}}, 400, "InvalidRequestContent"),
        ("PUT", "/new.", {"location": "x"}, 400, "InvalidResourceGroupName"),
        ("PUT", "/n%20w", {"location": "x"}, 400, "InvalidResourceGroupName"),
        ("PUT", f"/{'x' * 91}", {"location": "x"}, 400, "InvalidResourceGroupName"),
    ],
)
def test_errors(arm, method, path, body, status, code):
    response = arm.request(method, f"/resourceGroups{path}", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"]
