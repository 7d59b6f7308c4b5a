import httpx
import pytest

NONE = dict.fromkeys(("primaryKey", "secondaryKey", "primaryConnectionString", "secondaryConnectionString"))


def test_keys_come_with_connection_strings(arm, resource, server_url):
    keys = arm.post(f"{resource}/listKeys").json()
    assert len(keys["primaryKey"]) == len(keys["secondaryKey"]) == 44
    assert keys["primaryKey"] != keys["secondaryKey"]
    assert keys["primaryConnectionString"] == f"Endpoint={server_url};AccessKey={keys['primaryKey']};Version=1.0;"
    assert keys["secondaryConnectionString"] == f"Endpoint={server_url};AccessKey={keys['secondaryKey']};Version=1.0;"


def test_the_endpoint_is_that_by_which_the_request_came(arm, resource, server_url):
    host = server_url.removeprefix("http://").replace("127.0.0.1", "localhost")
    keys = arm.post(f"{resource}/listKeys", headers={"Host": host}).json()
    assert keys["primaryConnectionString"].startswith(f"Endpoint=http://{host};AccessKey=")


@pytest.mark.parametrize("host", ["a;AccessKey=x", "a b", "a/b", "[::1", "h:99999", "", "user@h"])
def test_a_host_that_is_none_is_refused(arm, resource, host):
    response = arm.post(f"{resource}/listKeys", headers={"Host": host})
    assert response.status_code == 400
    # Some of them the HTTP server itself refuses, in its own words.
    if response.headers["content-type"].startswith("application/json"):
        assert response.json()["error"]["target"] == "Host"


def connection_string(url: str, headers: dict[str, str]) -> str:
    """The default resource's connection string as the server at `url` answers it."""
    path = "/subscriptions/s/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite/listKeys"
    credential = {"Authorization": "Bearer administrator-credential-of-this-test"}
    response = httpx.post(f"{url}{path}?api-version=2024-03-01", headers={**credential, **headers}, verify=False)
    return response.json()["primaryConnectionString"]


FORWARDED = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "ps.example.com"}


def test_a_public_endpoint_stands_in_connection_strings(start_server):
    url = start_server(public_endpoint="https://pubsub.example.com")
    assert connection_string(url, {}).startswith("Endpoint=https://pubsub.example.com;")


def test_a_trusted_proxy_says_by_which_address_clients_come(start_server):
    url = start_server(trusted_proxies=("127.0.0.1/32",))
    assert connection_string(url, FORWARDED).startswith("Endpoint=https://ps.example.com;")


def test_anybody_else_does_not(server_url):
    assert connection_string(server_url, FORWARDED).startswith(f"Endpoint={server_url};")


@pytest.mark.parametrize(
    ("key_type", "changed"),
    [
        ("primary", {"primaryKey", "primaryConnectionString"}),
        ("Secondary", {"secondaryKey", "secondaryConnectionString"}),
        ("Salt", set()),
    ],
)
def test_regenerating_changes_the_named_key(arm, resource, key_type, changed):
    before = arm.post(f"{resource}/listKeys").json()
    response = arm.post(f"{resource}/regenerateKey", json={"keyType": key_type})
    assert response.status_code == 200
    after = response.json()
    assert {member for member in after if after[member] != before[member]} == changed
    assert arm.post(f"{resource}/listKeys").json() == after


def test_keys_that_are_disabled_are_not_shown(arm, resource):
    arm.patch(resource, json={"properties": {"disableLocalAuth": True}})
    assert arm.post(f"{resource}/listKeys").json() == NONE


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("{resource}/regenerateKey", {"keyType": "x"}, 400, "InvalidRequestContent"),
        ("{resource}/regenerateKey", {}, 400, "InvalidRequestContent"),
        ("{resource}/regenerateKey", {"keyType": 1}, 400, "InvalidRequestContent"),
        ("{resource}x/regenerateKey", {"keyType": "Primary"}, 404, "ResourceNotFound"),
        ("{resource}x/listKeys", None, 404, "ResourceNotFound"),
    ],
)
def test_errors(arm, resource, path, body, status, code):
    response = arm.post(path.format(resource=resource), json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
