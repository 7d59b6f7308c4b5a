"""Who may use the endpoints, and that production has none."""

import pytest
from tests.running_server import running_server

from linarite.access.administrator import administrator_token

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_programs_of_this_machine_need_no_credential(tester):
    assert (await tester.call("GET", "/state")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000"},
        {"Host": "rebound.example.com"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Authorization": "Bearer wrong"},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_pages_and_what_a_proxy_passes_on_need_the_administrators_credential(tester, server, headers):
    refused = await tester.call("POST", "/reset", headers=headers)

    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    token = administrator_token(server.settings.data_folder)
    allowed = await tester.call("GET", "/state", headers={**headers, "Authorization": f"Bearer {token}"})
    assert allowed.status == 200


async def test_the_openapi_document_names_every_endpoint(tester):
    document = await tester.get("/openapi.json")

    assert document["openapi"] == "3.1.0"
    paths = {path.removeprefix("/linarite/development") for path in document["paths"]}
    assert paths == {
        "/state",
        "/connections",
        "/groups",
        "/users",
        "/wait/connections",
        "/wait/messages",
        "/wait/events",
        "/reset",
        "/faults",
        "/faults/record",
    }
    assert set(document["paths"]["/linarite/development/faults"]) == {"get", "post", "delete"}


@pytest.mark.parametrize(("method", "path"), [("GET", "state"), ("POST", "faults"), ("POST", "reset")])
async def test_production_refuses_them_even_to_the_administrator(tmp_path, method, path):
    async with running_server(tmp_path, mode="serve") as server:
        token = administrator_token(server.settings.data_folder)
        answer = await server.rest(
            method, f"/linarite/development/{path}", headers={"Authorization": f"Bearer {token}"}
        )

    assert (answer.status, answer.json()["error"]["code"]) == (403, "DevelopmentOnly")
