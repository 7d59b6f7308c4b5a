"""What can be done from the lists."""

import base64
import io
import json

import pytest
from tests.http.console.conftest import API, error_code

from linarite.access.tokens import make_token

ACTIONS = "/hubs/chat/actions"
HOSTILE = "</script><script>alert(1)</script>\u202e \x00"


async def done(browser, **wish):
    answer = await browser.post(ACTIONS, wish)
    assert (answer.status, answer.json()) == (200, {"done": True})


@pytest.mark.parametrize("target", ["connection", "user", "group", "all"])
async def test_close(browser, server, target):
    ann = await server.connect("chat", user="ann", groups=["g"])
    ben = await server.connect("chat", user="ben")
    value = {"connection": ann.connection_id, "user": "ann", "group": "g", "all": True}[target]
    await done(browser, action="close", reason="because", **{target: value})
    assert (await ann.message())["message"].endswith("Reason: because")
    assert (await ann.closed())[0] == 1000
    assert server.connected_to("chat") == (0 if target == "all" else 1)
    assert ben


async def test_membership(browser, server):
    ann = await server.connect("chat", user="ann")
    await done(browser, action="addToGroup", connection=ann.connection_id, group=HOSTILE)
    await done(browser, action="addToGroup", user="ann", group="h")
    connection = server.hub_of("chat").find(ann.connection_id)
    assert connection.groups == {HOSTILE, "h"}
    await done(browser, action="removeFromGroup", connection=ann.connection_id, group=HOSTILE)
    assert connection.groups == {"h"}
    await done(browser, action="removeFromGroup", user="ann")
    assert not connection.groups


async def test_permissions(browser, server):
    ann = await server.connect("chat", user="ann")
    send = {"type": "sendToGroup", "group": "g", "dataType": "text", "data": "x"}
    wish = {"connection": ann.connection_id, "permission": "sendToGroup", "group": "g"}
    assert (await ann.ask({**send, "ackId": 1}))["success"] is False
    await done(browser, action="grant", **wish)
    assert (await ann.ask({**send, "ackId": 2}))["success"] is True
    await done(browser, action="revoke", **wish)
    assert (await ann.ask({**send, "ackId": 3}))["success"] is False


@pytest.mark.parametrize("target", ["connection", "user", "group", "all"])
async def test_send(browser, server, target):
    ann = await server.connect("chat", user="ann", groups=["g"])
    to = {target: {"connection": ann.connection_id, "user": "ann", "group": "g", "all": True}[target]}
    await done(browser, action="send", type="text", data=HOSTILE, **to)
    message = await ann.message()
    assert (message["dataType"], message["data"]) == ("text", HOSTILE)
    assert message["from"] == ("group" if target == "group" else "server")
    await done(browser, action="send", type="json", data={"a": [1, None]}, **to)
    assert (await ann.message())["data"] == {"a": [1, None]}
    await done(browser, action="send", type="binary", data=base64.b64encode(b"\x00\xff").decode(), **to)
    assert (await ann.message())["data"] == base64.b64encode(b"\x00\xff").decode()


@pytest.mark.parametrize(
    "wish",
    [
        {"action": "close", "connection": "gone"},
        {"action": "close", "user": "gone"},
        {"action": "close", "group": "gone"},
        {"action": "addToGroup", "connection": "gone", "group": "g"},
        {"action": "addToGroup", "user": "gone", "group": "g"},
        {"action": "removeFromGroup", "connection": "gone", "group": "g"},
        {"action": "grant", "connection": "gone", "permission": "sendToGroup", "group": "g"},
        {"action": "revoke", "connection": "gone", "permission": "sendToGroup", "group": "g"},
        {"action": "send", "user": "gone", "data": "hi"},
    ],
)
async def test_who_has_gone_is_not_found(browser, wish):
    assert error_code(await browser.post(ACTIONS, wish)) == (404, "NotFound")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"action": "dance"}, "action: expected one of close, addToGroup"),
        ({"action": "close"}, "close: expected exactly one of connection, user, group, all, got 0"),
        ({"action": "close", "user": "a", "all": True}, "got 2"),
        ({"action": "close", "all": True, "reason": "x" * 1025}, "reason: expected at most 1024"),
        ({"action": "close", "all": True, "force": True}, "unknown field `force`"),
        ({"action": "addToGroup", "connection": "c"}, "group: expected a name"),
        ({"action": "addToGroup", "connection": "c", "group": " "}, "group: expected a name"),
        ({"action": "grant", "connection": "c", "group": "g", "permission": "all"}, "permission: expected sendToGroup"),
        ({"action": "send", "all": True, "type": "xml", "data": ""}, "type: expected text, json or binary, got 'xml'"),
        ({"action": "send", "all": True, "data": 1}, "data: expected a text"),
        ({"action": "send", "all": True, "type": "binary", "data": "*"}, "data: expected bytes in base64"),
        (["x"], "body: "),
    ],
)
async def test_what_is_wrong_is_named(browser, server, wish, words):
    await server.connect("chat")
    answer = await browser.post(ACTIONS, wish)
    assert error_code(answer) == (400, "BadRequest")
    assert words in answer.json()["error"]["message"]
    assert server.connected_to("chat") == 1


async def test_a_body_may_be_so_long_and_no_longer(browser):
    body = json.dumps({"action": "send", "all": True, "data": "x" * 2_100_000}).encode()
    answer = await browser.request("POST", API + ACTIONS, data=io.BytesIO(body))
    assert error_code(answer) == (413, "RequestContentTooLarge")


async def test_each_action_stands_in_the_audit_log_without_its_content(browser, server):
    await done(browser, action="send", all=True, data="a secret")
    text = (server.settings.data_folder / "audit.log").read_text()
    line = json.loads(text.splitlines()[-1])
    assert (line["caller"], line["action"], line["status"]) == ("console", "act on a hub", 200)
    assert "a secret" not in text


# Client URLs and tokens


async def test_a_client_url_lets_a_client_in(browser, server):
    wish = {"user": HOSTILE, "roles": ["webpubsub.sendToGroup"], "groups": ["g"], "minutes": 5}
    made = (await browser.post("/hubs/chat/client-url", wish)).json()
    client = await server.connect_to(made["url"])
    assert client.connected["userId"] == HOSTILE
    explanation = made["explanation"]
    assert explanation["claims"]["sub"] == HOSTILE
    assert all(check["passed"] for check in explanation["checks"])
    assert {line["claim"] for line in explanation["lines"]} >= {"aud", "exp", "sub", "role", "webpubsub.group"}
    assert server.hub_of("chat").find(client.connection_id).groups == {"g"}


@pytest.mark.parametrize(
    "wish", [{"minutes": 0}, {"minutes": 43_201}, {"roles": ["r"] * 101}, {"groups": [" "]}, {"groups": ["g" * 17_000]}]
)
async def test_a_client_url_has_limits(browser, wish):
    assert error_code(await browser.post("/hubs/chat/client-url", wish)) == (400, "BadRequest")


async def test_a_client_url_needs_access_keys(browser, server):
    server.registry.update("linarite", "linarite", {"properties": {"disableLocalAuth": True}})
    assert error_code(await browser.post("/hubs/chat/client-url", {})) == (409, "Conflict")


async def test_a_token_is_explained(browser, server):
    token = make_token("k" * 44, {"aud": "http://x/client/hubs/chat", "exp": 1})
    answer = (await browser.post("/explain-token", {"token": token, "address": "http://x/client/hubs/chat"})).json()
    passed = {check["check"]: check["passed"] for check in answer["checks"]}
    assert passed == {
        "format": True, "algorithm": True, "signature": False, "expiry": False, "start": True, "audience": True,
    }  # fmt: skip
    good = (await browser.post("/explain-token", {"token": server.token("chat")})).json()
    assert {check["check"]: check["passed"] for check in good["checks"]}["audience"] is None
    (check,) = (await browser.post("/explain-token", {"token": "no"})).json()["checks"]
    assert (check["check"], check["passed"]) == ("format", False)
