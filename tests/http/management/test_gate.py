import logging

import httpx
import pytest
from starlette.applications import Starlette
from tests.http.management.conftest import CREDENTIAL, check_handler, management_access

from linarite.http.management import management_routes
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore
from linarite.settings import Settings

PROVIDER = "/providers/Microsoft.SignalRService"


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, "header is missing"),
        ("", "not of the form"),
        ("Bearer", "not the administrator's credential"),
        ("Bearer wrong", "not the administrator's credential"),
        ("Bearer administrator-credential-of-this-tes", "not the administrator's credential"),
        ("Bearer \xe4", "not the administrator's credential"),
        ("Basic administrator-credential-of-this-test", "not of the form"),
        ("administrator-credential-of-this-test", "not of the form"),
    ],
)
@pytest.mark.parametrize("path", ["/resourceGroups", f"{PROVIDER}/webPubSub", "/nothing", "/resourceGroups/rg"])
def test_without_the_credential_nothing_is_told(server_url, path, header, words):
    headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
    response = httpx.get(f"{server_url}/subscriptions/any{path}", headers=headers, verify=False)
    assert error_of(response) == (401, "AuthenticationFailed")
    assert words in response.json()["error"]["message"]
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert "administrator-credential" not in response.text


def test_the_scheme_of_the_credential_is_taken_in_any_case(arm):
    credential = arm.headers["Authorization"].removeprefix("Bearer ")
    assert arm.get("/resourceGroups", headers={"Authorization": f"bearer {credential}"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [
        (f"{PROVIDER}/webPubSub", "2021-10-01", 200),
        (f"{PROVIDER}/webPubSub", "2023-02-01", 200),
        (f"{PROVIDER}/webPubSub", "2024-03-01", 200),
        (f"{PROVIDER}/webPubSub", "2025-12-01-PREVIEW", 200),
        (f"{PROVIDER}/webPubSub", "2020-01-01", 400),
        (f"{PROVIDER}/webPubSub", "latest", 400),
        ("/resourcegroups", "2024-11-01", 200),
        ("/resourcegroups", "2019-05-10", 200),
        ("/resourcegroups", "newest", 400),
    ],
)
def test_api_versions(arm, path, version, status):
    response = arm.get(path, params={"api-version": version})
    assert response.status_code == status
    if status == 400:
        assert error_of(response) == (400, "InvalidApiVersionParameter")
        assert response.json()["error"]["target"] == "api-version"
        assert version in response.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/resourcegroups", f"{PROVIDER}/webPubSub", "/nothing"])
def test_a_missing_api_version_is_told_in_the_platforms_words(arm, path):
    arm.params = {}
    response = arm.get(path)
    assert response.json() == {
        "error": {
            "code": "MissingApiVersionParameter",
            "message": "The api-version query parameter (?api-version=) is required for all requests.",
            "target": "api-version",
        }
    }


def test_answers_have_the_platforms_headers(arm):
    for response in (arm.get("/resourceGroups"), arm.get("/resourceGroups/none")):
        headers = response.headers
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert (headers["cache-control"], headers["pragma"], headers["expires"]) == ("no-cache", "no-cache", "-1")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-ms-request-id"] == headers["x-ms-correlation-request-id"]
        assert "strict-transport-security" not in headers


def test_a_clients_request_id_comes_back_when_it_asks(arm):
    sent = {"x-ms-client-request-id": "abc"}
    assert "x-ms-client-request-id" not in arm.get("/resourceGroups", headers=sent).headers
    asked = {**sent, "x-ms-return-client-request-id": "True"}
    assert arm.get("/resourceGroups", headers=asked).headers["x-ms-client-request-id"] == "abc"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "could not be deserialized"),
        (b"{", "could not be deserialized"),
        (b"\xff", "could not be deserialized"),
        (b'{"location": "\xff"}', "could not be deserialized"),
        (b'{"location":"x","tags":{"a":"\\ud800"}}', "could not be deserialized"),
        (b"[" * 100_000, "could not be deserialized"),
        (b"[]", "expected a JSON object, got list"),
        (b"null", "expected a JSON object, got NoneType"),
        (b'"x"', "expected a JSON object, got str"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(arm, content, words):
    response = arm.put("/resourceGroups/never", content=content)
    assert error_of(response) == (400, "InvalidRequestContent")
    assert words in response.json()["error"]["message"]
    assert arm.get("/resourceGroups/never").status_code == 404


def test_a_body_that_is_too_long_is_refused(arm):
    response = arm.put("/resourceGroups/never", content=b" " * (4 * 1024 * 1024 + 1))
    assert error_of(response) == (413, "RequestContentTooLarge")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/resourceGroups", "GET"),
        ("PATCH", "/resourceGroups/rg", "GET, HEAD, PUT, DELETE"),
        ("GET", "/resourceGroups/rg/providers/microsoft.signalrservice/webpubsub/x/listkeys", "POST"),
    ],
)
def test_a_method_that_is_not_allowed_is_told_with_those_that_are(arm, method, path, allowed):
    response = arm.request(method, path, json={})
    assert error_of(response) == (405, "MethodNotAllowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/nothing", "", "/resourceGroups/rg/providers/Microsoft.Web/sites"])
def test_what_is_not_served_is_told_in_the_platforms_shape(arm, path):
    assert error_of(arm.get(path)) == (404, "NotFound")


@pytest.mark.parametrize("root", ["/subscriptions", "/providers", "/providers/Microsoft.SignalRService/none"])
def test_roots_are_answered_in_the_platforms_shape(server_url, arm, root):
    assert error_of(httpx.get(server_url + root, verify=False)) == (401, "AuthenticationFailed")
    assert error_of(arm.get(server_url + root)) == (404, "NotFound")


async def test_a_change_that_cannot_be_stored_is_told_and_logged(tmp_path, caplog):
    store = SqliteStore(tmp_path / "linarite.db")
    registry = Registry(store, "linarite")
    store.close()
    app = Starlette(routes=management_routes(registry, Settings(), *management_access(tmp_path), check_handler))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        response = await client.put(
            "/subscriptions/s/resourceGroups/rg?api-version=2024-11-01",
            json={"location": "eastus"},
            headers={"Authorization": f"Bearer {CREDENTIAL}"},
        )
    assert error_of(response) == (500, "InternalServerError")
    assert "nothing was changed" in response.json()["error"]["message"]
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "management change not stored"
    ]
