"""Who gets in, from where, and what he may do."""

import json

import aiohttp
import pytest
from tests.http.console.conftest import API, OWN, Browser, administrator_token, error_code, signed_in
from tests.running_server import running_server

MANAGEMENT = "/subscriptions/0/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite"
VERSION = "?api-version=2024-03-01"
PATHS = [
    ("GET", "/hubs"),
    ("GET", "/hubs/chat/connections"),
    ("GET", "/hubs/chat/connections/x"),
    ("GET", "/hubs/chat/groups"),
    ("GET", "/hubs/chat/users"),
    ("GET", "/feed"),
    ("GET", "/calls"),
    ("GET", "/logs"),
    ("GET", "/workspaces"),
    ("POST", "/hubs/chat/actions"),
    ("POST", "/hubs/chat/client-url"),
    ("POST", "/explain-token"),
    ("POST", "/calls/1/replay"),
]


def audit(server, file="audit.log"):
    path = server.settings.data_folder / file
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_without_a_session_nothing_is_told(tmp_path, method, path):
    async with running_server(tmp_path) as server:
        answer = await Browser(server).request(method, API + path, json={} if method == "POST" else None)
        assert error_code(answer) == (401, "SignInRequired")


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"Origin": "http://evil.example"}, (403, "ForeignOrigin")),
        ({"Origin": "http://localhost:1"}, (403, "ForeignOrigin")),
        ({"Origin": "https://localhost:{port}"}, (403, "ForeignOrigin")),
        ({"Origin": "null"}, (403, "ForeignOrigin")),
        ({"Sec-Fetch-Site": "same-site"}, (403, "ForeignOrigin")),
        ({"Sec-Fetch-Site": "cross-site"}, (403, "ForeignOrigin")),
        ({"X-Linarite-Console": "0"}, (403, "HeaderMissing")),
        ({"Host": "evil.example"}, (421, "MisdirectedRequest")),
        ({"Host": "evil.example:{port}"}, (421, "MisdirectedRequest")),
        ({"Host": "localhost.evil.example"}, (421, "MisdirectedRequest")),
        ({"Host": "localhost@evil.example"}, (421, "MisdirectedRequest")),
        ({"Host": ""}, (421, "MisdirectedRequest")),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/hubs"), ("POST", "/hubs/chat/actions"), ("GET", "/feed"), ("GET", "/session")]
)
async def test_other_sites_cannot_use_a_session(browser, server, headers, refusal, method, path):
    sent = {name: value.format(port=server.port) for name, value in headers.items()}
    body = {"action": "close", "all": True} if method == "POST" else None
    await server.connect("chat")
    assert error_code(await browser.request(method, API + path, headers=sent, json=body)) == refusal
    assert server.connected_to("chat") == 1


async def test_a_request_without_the_header_is_no_script_of_ours(browser):
    answer = await browser.request("GET", f"{API}/hubs", own=False)
    assert error_code(answer) == (403, "HeaderMissing")


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "linarite.localhost:{port}"])
async def test_the_console_answers_at_the_servers_own_names(browser, server, host):
    named = host.format(port=server.port)
    headers = {"Host": named, "Origin": f"http://{named}", "Sec-Fetch-Site": "same-origin"}
    assert (await browser.request("GET", f"{API}/hubs", headers=headers)).status == 200


async def test_the_public_endpoint_is_the_servers_name_behind_a_proxy(tmp_path):
    settings = {"public_endpoint": "https://pubsub.example.com", "trusted_proxies": ("127.0.0.1",)}
    async with running_server(tmp_path, **settings) as server:
        browser = Browser(server)
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "pubsub.example.com",
            "X-Forwarded-For": "192.0.2.7",
            "Origin": "https://pubsub.example.com",
        }
        body = {"token": administrator_token(server)}
        answer = await browser.request("POST", f"{API}/session", headers=headers, json=body)
        assert answer.status == 204
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-linarite-console-443=")
        assert "; Secure" in cookie
        shown = (await browser.request("GET", f"{API}/session", headers=headers)).json()
        assert shown["endpoint"] == "https://pubsub.example.com"
        assert audit(server)[-1]["client"] == "192.0.2.7"


async def test_the_cookie_is_for_this_site_and_no_script(browser, server):
    answer = await browser.sign_in()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"linarite-console-{server.port}=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert administrator_token(server) not in cookie


async def test_a_wrong_token_opens_nothing(tmp_path):
    async with running_server(tmp_path) as server:
        browser = Browser(server)
        for token in ("wrong", "", "é\ud83d\ude00"):
            assert error_code(await browser.post("/session", {"token": token})) == (401, "WrongToken")
        assert not browser.cookies
        assert error_code(await browser.post("/session", {"token": 1})) == (400, "BadRequest")
        assert error_code(await browser.post("/session", ["x"])) == (400, "BadRequest")
        assert {line["status"] for line in audit(server, "audit-refused.log")} == {401}


@pytest.mark.parametrize("value", ["", "x", "9999999999.aa.bb", "9999999999..", "é.é.é", "a" * 5000])
async def test_a_made_up_session_is_none(browser, server, value):
    browser.cookies = {f"linarite-console-{server.port}": value}
    assert error_code(await browser.get("/hubs")) == (401, "SignInRequired")


async def test_a_session_cannot_be_prolonged_by_its_holder(browser, server):
    ((name, value),) = browser.cookies.items()
    expiry, _, rest = value.partition(".")
    browser.cookies = {name: f"{int(expiry) + 1}.{rest}"}
    assert error_code(await browser.get("/hubs")) == (401, "SignInRequired")


async def test_signing_out_ends_the_session(browser):
    kept = dict(browser.cookies)
    assert (await browser.request("DELETE", f"{API}/session")).status == 204
    browser.cookies = kept
    assert error_code(await browser.get("/hubs")) == (401, "SignInRequired")


async def test_a_new_administrators_token_ends_all_sessions(browser, server):
    (server.settings.data_folder / "administrator-token").write_text("another")
    assert error_code(await browser.get("/hubs")) == (401, "SignInRequired")


async def test_a_session_outlives_a_restart(tmp_path):
    async with signed_in(tmp_path) as browser:
        kept, port = browser.cookies, browser.server.port
    async with running_server(tmp_path, port=port) as server:
        again = Browser(server)
        again.cookies = kept
        assert (await again.get("/hubs")).status == 200


async def test_a_link_signs_in_once_and_leaves_the_address_bar(tmp_path):
    async with running_server(tmp_path) as server:
        link = server.server._console.link("")
        first, second = Browser(server), Browser(server)
        answer = await first.request("GET", link, own=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert (await first.get("/hubs")).status == 200
        spent = await second.request("GET", link, own=False)
        assert (spent.status, spent.headers["Location"]) == (303, "/#/sign-in?reason=spent")
        assert not second.cookies
        again = await first.request("GET", link, own=False)
        assert again.headers["Location"] == "/"


async def test_a_link_does_not_open_at_a_foreign_name(tmp_path):
    async with running_server(tmp_path) as server:
        browser = Browser(server)
        link = server.server._console.link("")
        answer = await browser.request("GET", link, own=False, headers={"Host": "evil.example"})
        assert error_code(answer) == (421, "MisdirectedRequest")
        assert (await browser.request("GET", link, own=False)).headers["Location"] == "/"


async def test_the_administrator_gets_links(tmp_path):
    async with running_server(tmp_path) as server:
        browser = Browser(server)
        path = "/linarite/console/links"
        assert (await browser.request("POST", path)).status == 401
        bearer = {"Authorization": f"Bearer {administrator_token(server)}"}
        link = (await browser.request("POST", path, headers=bearer)).json()["path"]
        await browser.request("GET", link, own=False)
        assert (await browser.get("/hubs")).status == 200


async def test_the_session_manages_the_server_and_the_audit_log_says_who(browser, server):
    shown = (await browser.get("/session")).json()
    (resource,) = shown["resources"]
    assert (await browser.request("GET", f"{resource['id']}?api-version={shown['calls']['apiVersion']}")).status == 200
    keys = await browser.request("POST", f"{MANAGEMENT}/listKeys{VERSION}")
    assert keys.json()["primaryKey"] == server.resource.keys.primary
    assert audit(server)[-1]["caller"] == "console"
    assert audit(server)[-1]["path"].endswith("/listKeys")


@pytest.mark.parametrize(
    "headers",
    [{"X-Linarite-Console": "0"}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Cookie": "none=1"}],
)
async def test_other_sites_cannot_manage_the_server(browser, headers):
    answer = await browser.request("POST", f"{MANAGEMENT}/listKeys{VERSION}", headers=headers)
    assert error_code(answer) == (401, "AuthenticationFailed")


async def test_a_bearer_token_counts_before_a_session(browser):
    answer = await browser.request("GET", f"{MANAGEMENT}{VERSION}", headers={"Authorization": "Bearer wrong"})
    assert answer.status == 401


async def test_a_read_only_console_changes_nothing(tmp_path):
    async with signed_in(tmp_path, console="read") as browser:
        server = browser.server
        await server.connect("chat")
        assert (await browser.get("/session")).json()["access"] == "read"
        assert (await browser.get("/hubs/chat/connections")).status == 200
        for method, path in PATHS:
            if method == "POST" and path != "/explain-token":
                refused = await browser.request(method, API + path, json={"action": "close", "all": True})
                assert error_code(refused) == (403, "ReadOnly")
        assert server.connected_to("chat") == 1
        assert (await browser.request("GET", f"{MANAGEMENT}{VERSION}")).status == 200
        for method, path in (("POST", "/listKeys"), ("POST", "/regenerateKey"), ("DELETE", "")):
            refused = await browser.request(method, f"{MANAGEMENT}{path}{VERSION}")
            assert error_code(refused) == (403, "AuthorizationFailed")


async def test_a_server_without_a_console_has_none(tmp_path):
    async with running_server(tmp_path, console="off") as server:
        browser = Browser(server)
        assert (await browser.request("GET", "/")).status == 404
        assert (await browser.sign_in()).status == 404
        assert "Console" not in server.server.banner()


async def test_the_banner_names_the_console(tmp_path):
    async with running_server(tmp_path) as server:
        assert f"{server.endpoint}/?token=" in server.server.banner()


async def test_a_request_with_two_hosts_is_refused(browser, server):
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    async with aiohttp.ClientSession() as session, session.get(f"{server.endpoint}{API}/hubs", headers=[
        ("Host", f"localhost:{server.port}"), ("Host", "evil.example"), ("Cookie", cookie), *OWN.items()
    ]) as response:  # fmt: skip
        assert response.status in (400, 421)
