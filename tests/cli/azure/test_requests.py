"""The requests that commands make, compared with those of the Azure CLI's extension (recorded, webpubsub 1.7)."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.signing import claims_of

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
PROVIDER = "/providers/Microsoft.SignalRService"
RESOURCE = f"{GROUP}{PROVIDER}/webPubSub/demo"
NETWORK = {
    "defaultAction": "Deny",
    "publicNetwork": {"allow": ["RESTAPI"], "deny": None},
    "privateEndpoints": [],
    "ipRules": [{"value": "0.0.0.0/0", "action": "Allow"}],
}
DOCUMENT = {
    "id": RESOURCE,
    "name": "demo",
    "kind": "WebPubSub",
    "location": "eastus",
    "tags": {"key": "value"},
    "sku": {"name": "Standard_S1", "tier": "Standard", "size": "S1", "capacity": 1},
    "properties": {"networkACLs": NETWORK, "disableLocalAuth": False, "eventHandlers": []},
}
LIST_KEYS = ("POST", f"{RESOURCE}/listKeys", None)
ONE = "-n demo -g rg"
HUB = f"{ONE} --hub-name chat"


@dataclass
class Recorder:
    """What came in, and the way to it."""

    endpoint: str
    requests: list[tuple[str, str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: object) -> tuple[int, object]:
        self.requests.append((method, path, body))
        if path.endswith("/listKeys"):
            return 200, {"primaryConnectionString": f"Endpoint={self.endpoint};AccessKey={'k' * 44};Version=1.0;"}
        if path.rpartition("/")[2] in ("skus", "usages", "replicas", "hubs", "customDomains"):
            return 200, {"value": []}
        return self.statuses.get(method, 200), DOCUMENT


@pytest.fixture
def recorder(monkeypatch) -> Iterator[Recorder]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self):
            content = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            is_text = self.headers.get("content-type") == "text/plain"
            path, _, query = self.path.partition("?")
            recorded.headers.append({**self.headers, "query": query})
            status, document = recorded.answer(
                self.command, path, content if is_text or not content else json.loads(content)
            )
            answer = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        def log_message(self, *_):
            """Say nothing."""

    for method in ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorded = Recorder(f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("LINARITE_ENDPOINT", recorded.endpoint)
        monkeypatch.setenv("LINARITE_ADMINISTRATOR_TOKEN", "token")
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield recorded
        server.shutdown()
        serving.join()


@pytest.mark.parametrize(
    ("line", "requests"),
    [
        (
            f"create {ONE} --tags key=value -l eastus --sku Standard_S1 --unit-count 1",
            [
                (
                    "PUT",
                    RESOURCE,
                    {"location": "eastus", "sku": {"name": "Standard_S1", "capacity": 1}, "tags": {"key": "value"}},
                )
            ],
        ),
        (
            f"create {ONE} --sku Premium_P1 --kind SocketIO --service-mode Serverless",
            [
                ("GET", f"{SUBSCRIPTION}/resourcegroups/rg", None),
                (
                    "PUT",
                    RESOURCE,
                    {
                        "location": "eastus",
                        "sku": {"name": "Premium_P1", "capacity": 1},
                        "kind": "SocketIO",
                        "properties": {"socketIO": {"serviceMode": "Serverless"}},
                    },
                ),
            ],
        ),
        (f"show {ONE}", [("GET", RESOURCE, None)]),
        (f"delete {ONE}", [("DELETE", RESOURCE, None)]),
        (f"restart {ONE}", [("POST", f"{RESOURCE}/restart", None)]),
        (
            f"stop {ONE}",
            [
                ("GET", RESOURCE, None),
                ("PATCH", RESOURCE, {"location": "eastus", "properties": {"resourceStopped": "true"}}),
            ],
        ),
        (
            f"start {ONE}",
            [
                ("GET", RESOURCE, None),
                ("PATCH", RESOURCE, {"location": "eastus", "properties": {"resourceStopped": "false"}}),
            ],
        ),
        (
            f"update {ONE} --unit-count 2 --tags a=b",
            [
                ("GET", RESOURCE, None),
                (
                    "PATCH",
                    RESOURCE,
                    {"properties": {}, "sku": {"name": "Standard_S1", "capacity": 2}, "tags": {"a": "b"}},
                ),
            ],
        ),
        (
            f"update {ONE} --disable-local-auth --client-cert-enabled true --region-endpoint-enabled false",
            [
                ("GET", RESOURCE, None),
                (
                    "PATCH",
                    RESOURCE,
                    {
                        "properties": {
                            "disableLocalAuth": True,
                            "tls": {"clientCertEnabled": True},
                            "regionEndpointEnabled": "Disabled",
                        }
                    },
                ),
            ],
        ),
        (
            f"update {ONE} --set networkAcLs.defaultAction=Allow --remove tags.key",
            [
                ("GET", RESOURCE, None),
                ("PATCH", RESOURCE, {"properties": {"networkACLs": {**NETWORK, "defaultAction": "Allow"}}, "tags": {}}),
            ],
        ),
        (f"list-skus {ONE}", [("GET", f"{RESOURCE}/skus", None)]),
        ("list-usage -l eastus", [("GET", f"{SUBSCRIPTION}{PROVIDER}/locations/eastus/usages", None)]),
        (f"key show {ONE}", [LIST_KEYS]),
        (
            f"key regenerate {ONE} --key-type salt",
            [("POST", f"{RESOURCE}/regenerateKey", {"keyType": "salt"}), LIST_KEYS],
        ),
        (
            f"network-rule update {ONE} --public-network --allow serverconnection ClientConnection "
            "--deny restapi Trace",
            [
                ("GET", RESOURCE, None),
                (
                    "PATCH",
                    RESOURCE,
                    {
                        "location": "eastus",
                        "properties": {
                            "networkACLs": {
                                **NETWORK,
                                "publicNetwork": {
                                    "allow": ["ServerConnection", "ClientConnection"],
                                    "deny": ["RESTAPI", "Trace"],
                                },
                            }
                        },
                    },
                ),
            ],
        ),
        (
            f"network-rule ip-rule add {ONE} --ip-rule value=10.0.0.0/24 action=Deny",
            [
                ("GET", RESOURCE, None),
                (
                    "PATCH",
                    RESOURCE,
                    {
                        "location": "eastus",
                        "properties": {
                            "networkACLs": {
                                **NETWORK,
                                "ipRules": [*NETWORK["ipRules"], {"value": "10.0.0.0/24", "action": "Deny"}],
                            }
                        },
                    },
                ),
            ],
        ),
        (
            f"hub create {HUB} --event-handler url-template=http://host.com user-event-pattern=event1,event2 "
            "system-event=connect",
            [
                (
                    "PUT",
                    f"{RESOURCE}/hubs/chat",
                    {
                        "properties": {
                            "eventHandlers": [
                                {
                                    "urlTemplate": "http://host.com",
                                    "userEventPattern": "event1,event2",
                                    "systemEvents": ["connect"],
                                }
                            ],
                            "anonymousConnectPolicy": "deny",
                        }
                    },
                )
            ],
        ),
        (
            f"hub update {HUB} --websocket-keepalive 30 --add properties.eventHandlers urlTemplate=http://a",
            [
                ("GET", f"{RESOURCE}/hubs/chat", None),
                (
                    "PUT",
                    f"{RESOURCE}/hubs/chat",
                    {
                        "properties": {
                            **DOCUMENT["properties"],
                            "webSocketKeepAliveIntervalInSeconds": 30,
                            "eventHandlers": [{"urlTemplate": "http://a"}],
                        }
                    },
                ),
            ],
        ),
        (f"hub delete {HUB}", [("DELETE", f"{RESOURCE}/hubs/chat", None)]),
        (
            f"identity assign {ONE} --identity [system]",
            [("PATCH", RESOURCE, {"identity": {"type": "SystemAssigned"}})],
        ),
        (
            f"identity assign {ONE} --identity /id",
            [("PATCH", RESOURCE, {"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id": {}}}})],
        ),
        (
            f"replica create {ONE} --replica-name west -l westus --sku Premium_P1 --tags key=value",
            [
                (
                    "PUT",
                    f"{RESOURCE}/replicas/west",
                    {"location": "westus", "sku": {"name": "Premium_P1", "capacity": 1}, "tags": {"key": "value"}},
                )
            ],
        ),
        (f"replica restart {ONE} --replica-name west", [("POST", f"{RESOURCE}/replicas/west/restart", None)]),
        (
            f"replica update {ONE} --replica-name west --unit-count 2 --region-endpoint-enabled false",
            [
                ("GET", f"{RESOURCE}/replicas/west", None),
                (
                    "PATCH",
                    f"{RESOURCE}/replicas/west",
                    {
                        "location": "eastus",
                        "properties": {"regionEndpointEnabled": "Disabled"},
                        "sku": {"name": "Standard_S1", "capacity": 2},
                    },
                ),
            ],
        ),
        (
            "custom-domain create --webpubsub-name demo -g rg --name d --domain-name a.example "
            "--certificate-resource-id /c",
            [
                (
                    "PUT",
                    f"{RESOURCE}/customDomains/d",
                    {"properties": {"domainName": "a.example", "customCertificate": {"id": "/c"}}},
                )
            ],
        ),
        (
            f"custom-certificate create {ONE} --certificate-name c --key-vault-base-uri https://v "
            "--key-vault-secret-name s",
            [
                (
                    "PUT",
                    f"{RESOURCE}/customCertificates/c",
                    {"properties": {"keyVaultBaseUri": "https://v", "keyVaultSecretName": "s"}},
                )
            ],
        ),
        (f"service broadcast {HUB} --payload hi", [LIST_KEYS, ("POST", "/api/hubs/chat/:send", "hi")]),
        (
            f"service connection exist {HUB} --connection-id c/1",
            [LIST_KEYS, ("HEAD", "/api/hubs/chat/connections/c%2F1", None)],
        ),
        (
            f"service connection close {HUB} --connection-id c",
            [LIST_KEYS, ("DELETE", "/api/hubs/chat/connections/c", None)],
        ),
        (
            f"service connection send {HUB} --connection-id c --payload hi",
            [LIST_KEYS, ("POST", "/api/hubs/chat/connections/c/:send", "hi")],
        ),
        (
            f"service group add-connection {HUB} --group-name g --connection-id c",
            [LIST_KEYS, ("PUT", "/api/hubs/chat/groups/g/connections/c", None)],
        ),
        (
            f"service group remove-connection {HUB} --group-name g --connection-id c",
            [LIST_KEYS, ("DELETE", "/api/hubs/chat/groups/g/connections/c", None)],
        ),
        (
            f"service group add-user {HUB} --group-name g --user-id u",
            [LIST_KEYS, ("PUT", "/api/hubs/chat/users/u/groups/g", None)],
        ),
        (
            f"service group remove-user {HUB} --group-name g --user-id u",
            [LIST_KEYS, ("DELETE", "/api/hubs/chat/users/u/groups/g", None)],
        ),
        (
            f"service group remove-user {HUB} --user-id u",
            [LIST_KEYS, ("DELETE", "/api/hubs/chat/users/u/groups", None)],
        ),
        (
            f"service group send {HUB} --group-name g --payload hi",
            [LIST_KEYS, ("POST", "/api/hubs/chat/groups/g/:send", "hi")],
        ),
        (f"service user exist {HUB} --user-id u", [LIST_KEYS, ("HEAD", "/api/hubs/chat/users/u", None)]),
        (
            f"service user send {HUB} --user-id u --payload hi",
            [LIST_KEYS, ("POST", "/api/hubs/chat/users/u/:send", "hi")],
        ),
        (
            f"service permission grant {HUB} --group-name g --connection-id c --permission sendtogroup",
            [LIST_KEYS, ("PUT", "/api/hubs/chat/permissions/sendToGroup/connections/c", None)],
        ),
        (
            f"service permission revoke {HUB} --group-name g --connection-id c --permission joinLeaveGroup",
            [LIST_KEYS, ("DELETE", "/api/hubs/chat/permissions/joinLeaveGroup/connections/c", None)],
        ),
        (
            f"service permission check {HUB} --group-name g --connection-id c --permission sendToGroup",
            [LIST_KEYS, ("HEAD", "/api/hubs/chat/permissions/sendToGroup/connections/c", None)],
        ),
    ],
)
def test_requests_are_those_of_the_extension(command, recorder, line, requests):
    outcome = command("webpubsub", *line.split())
    assert outcome.exit_code == 0, outcome.errors
    assert [(method, path, body or None) for method, path, body in recorder.requests] == requests


def test_the_data_plane_is_called_with_a_token_of_the_primary_key(command, recorder):
    words = f"service permission check {HUB} --group-name g --connection-id c --permission sendToGroup"
    command("webpubsub", *words.split())
    headers = recorder.headers[-1]
    assert headers["query"] == "api-version=2021-05-01-preview&targetName=g"
    claims = claims_of(headers["Authorization"].removeprefix("Bearer "))
    assert claims["aud"] == f"{recorder.endpoint}/api/hubs/chat/permissions/sendToGroup/connections/c"
    assert 0 < claims["exp"] - claims["iat"] <= 3600


@pytest.mark.parametrize(("status", "existence"), [(200, True), (404, False), (401, False), (503, False)])
def test_only_200_means_that_it_exists_and_a_refusal_is_told(command, recorder, status, existence):
    recorder.statuses["HEAD"] = status
    outcome = command("webpubsub", *f"service user exist {HUB} --user-id u".split())
    assert (outcome.exit_code, outcome.document) == (0, {"existence": existence})
    assert bool(outcome.errors) == (status not in (200, 404))


@pytest.mark.parametrize(("status", "exit_code"), [(400, 1), (401, 1), (404, 3), (500, 1)])
def test_a_call_that_is_refused_ends_with_the_exit_code_of_az(command, recorder, status, exit_code):
    recorder.statuses["PUT"] = status
    outcome = command("webpubsub", *f"service group add-user {HUB} --user-id u --group-name g".split())
    assert (outcome.exit_code, outcome.output) == (exit_code, "")
    assert outcome.errors.startswith(f"ERROR: ({status}) ")
