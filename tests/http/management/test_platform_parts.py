import pytest

PARTS = ("privateEndpointConnections", "sharedPrivateLinkResources", "replicas")


@pytest.mark.parametrize("part", [*PARTS, "privateLinkResources"])
def test_there_are_none(arm, resource, part):
    assert arm.get(f"{resource}/{part}").json() == {"value": [], "nextLink": None}


@pytest.mark.parametrize("part", PARTS)
def test_one_is_not_found_and_needs_no_deletion(arm, resource, part):
    response = arm.get(f"{resource}/{part}/one")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NotFound")
    assert arm.delete(f"{resource}/{part}/one").status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [*(("PUT", f"{part}/one") for part in PARTS), ("PATCH", "replicas/one")],
)
def test_making_one_is_refused_with_the_reason(arm, resource, method, path):
    response = arm.request(method, f"{resource}/{path}", json={"location": "westus"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "NotSupported")
    assert error["message"].startswith("A self-hosted server has no ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "restart"),
        ("GET", "skus"),
        ("GET", "sharedPrivateLinkResources"),
        ("GET", "sharedPrivateLinkResources/one"),
        ("PUT", "sharedPrivateLinkResources/one"),
    ],
)
def test_what_a_replica_would_have_is_not_found(arm, resource, method, path):
    response = arm.request(method, f"{resource}/replicas/one/{path}", json={})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NotFound")


@pytest.mark.parametrize("path", ["replicas", "replicas/one", "privateEndpointConnections/one", "customDomains"])
def test_the_resource_has_to_be_there(arm, group, path):
    response = arm.get(f"{group}/providers/Microsoft.SignalRService/webPubSub/none/{path}")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "ResourceNotFound")
