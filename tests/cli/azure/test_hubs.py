import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

TUTORIAL_HANDLER = (
    "--event-handler url-template=https://your-server.com/api/pubsub user-event-pattern=* "
    "system-event=connect,connected,disconnected"
)


class Willing(BaseHTTPRequestHandler):
    """An endpoint that wants events of everybody."""

    def do_OPTIONS(self):
        self.send_response(200)
        self.send_header("WebHook-Allowed-Origin", "*")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    """The URL of an endpoint that wants events."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Willing) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def properties(outcome):
    assert outcome.exit_code == 0, outcome.errors
    return outcome.document["properties"]


def test_the_tutorials_hub_gets_its_three_system_events(az, resource, group):
    created = az(f"webpubsub hub create {resource} --hub-name demo-hub {TUTORIAL_HANDLER}")
    assert created.exit_code == 0
    assert created.errors.startswith("WARNING: properties.eventHandlers[0] gets no events now: Abuse protection for ")
    assert created.errors.count("\n") == 1
    document = created.document
    assert set(document.pop("systemData")) >= {"createdAt", "lastModifiedAt"}
    assert document == {
        "id": document["id"],
        "name": "demo-hub",
        "properties": {
            "anonymousConnectPolicy": "deny",
            "eventHandlers": [
                {
                    "auth": None,
                    "systemEvents": ["connect", "connected", "disconnected"],
                    "urlTemplate": "https://your-server.com/api/pubsub",
                    "userEventPattern": "*",
                }
            ],
            "eventListeners": None,
            "webSocketKeepAliveIntervalInSeconds": 20,
        },
        "resourceGroup": group,
        "type": "Microsoft.SignalRService/WebPubSub/hubs",
    }
    assert az(f"webpubsub hub show {resource} --hub-name DEMO-HUB").document["properties"] == document["properties"]


def test_a_handler_for_each_time_the_option_is_given(az, resource):
    created = az(
        f"webpubsub hub create {resource} --hub-name chat"
        " --event-handler url-template=http://a/?x=1=2 system-event=connect system-event=disconnected"
        " --event-handler url-template=http://b url-template=http://c user-event-pattern=one,two"
        " auth-type=ManagedIdentity auth-resource=uri://abc"
    )
    assert properties(created)["eventHandlers"] == [
        {
            "auth": None,
            "systemEvents": ["connect", "disconnected"],
            "urlTemplate": "http://a/?x=1=2",
            "userEventPattern": None,
        },
        {
            "auth": {"managedIdentity": {"resource": "uri://abc"}, "type": "ManagedIdentity"},
            "systemEvents": [],
            "urlTemplate": "http://c",
            "userEventPattern": "one,two",
        },
    ]


def test_a_handler_that_wants_events_is_saved_without_a_word(az, resource, endpoint):
    created = az(f"webpubsub hub create {resource} --hub-name chat --event-handler url-template={endpoint}/{{event}}")
    assert (created.exit_code, created.errors) == (0, "")


def test_a_handler_that_refuses_is_saved_with_a_warning_on_standard_error(az, resource, endpoint):
    hub = f"{resource} --hub-name chat"
    wrong = endpoint.replace("http:", "https:")
    templates = f"--event-handler url-template={wrong}/?code=hidden --event-handler url-template={endpoint}"
    created = az(f"webpubsub hub create {hub} {templates}")
    assert len(properties(created)["eventHandlers"]) == 2
    assert created.errors.startswith(
        f"WARNING: properties.eventHandlers[0] gets no events now: Abuse protection for '{wrong}"
    )
    assert created.errors.count("WARNING") == 1
    assert "hidden" not in created.errors
    quiet = az(f"webpubsub hub update {hub} --only-show-errors --allow-anonymous true")
    assert (quiet.exit_code, quiet.errors) == (0, "")


def test_an_unknown_key_is_warned_of_and_ignored(az, resource, endpoint):
    created = az(f"webpubsub hub create {resource} --hub-name chat --event-handler url-template={endpoint} color=red")
    assert properties(created)["eventHandlers"][0]["urlTemplate"] == endpoint
    assert created.errors == "WARNING: --event-handler: color is no property of an event handler and is ignored.\n"
    quiet = az(
        f"webpubsub hub create {resource} --hub-name chat --only-show-errors --event-handler url-template=http://a b=c"
    )
    assert quiet.errors == ""


@pytest.mark.parametrize(
    ("option", "policy"),
    [
        ("", "deny"),
        ("--allow-anonymous", "allow"),
        ("--allow-anonymous true", "allow"),
        ("--allow-anonymous FALSE", "deny"),
    ],
)
def test_anonymous_clients_are_let_in_only_when_asked_for(az, resource, option, policy):
    created = az(f"webpubsub hub create {resource} --hub-name chat {option}")
    assert properties(created)["anonymousConnectPolicy"] == policy


def test_update_changes_one_setting_and_keeps_the_other(az, resource):
    hub = f"{resource} --hub-name chat"
    az(f"webpubsub hub create {hub} {TUTORIAL_HANDLER}")
    opened = properties(az(f"webpubsub hub update {hub} --allow-anonymous true"))
    assert opened["anonymousConnectPolicy"] == "allow"
    assert opened["eventHandlers"][0]["userEventPattern"] == "*"
    replaced = properties(az(f"webpubsub hub update {hub} --event-handler url-template=http://other"))
    assert replaced["anonymousConnectPolicy"] == "allow"
    assert [handler["urlTemplate"] for handler in replaced["eventHandlers"]] == ["http://other"]


def test_hubs_are_listed_and_deleted(az, resource):
    for hub in ("one", "two"):
        az(f"webpubsub hub create {resource} --hub-name {hub}")
    assert az(f"webpubsub hub list {resource} --query [].name -o tsv").output == "one\ntwo\n"
    deleted = az(f"webpubsub hub delete {resource} --hub-name one")
    assert (deleted.exit_code, deleted.output) == (0, "")
    assert az(f"webpubsub hub list {resource} --query [].name -o tsv").output == "two\n"
    shown = az(f"webpubsub hub show {resource} --hub-name one")
    assert (shown.exit_code, shown.output, shown.errors) == (0, "", "")


def test_the_keep_alive_of_a_hub_is_set_and_kept(az, resource):
    hub = f"{resource} --hub-name chat"
    keep_alive = "webSocketKeepAliveIntervalInSeconds"
    assert properties(az(f"webpubsub hub create {hub} --websocket-keepalive 30"))[keep_alive] == 30
    assert properties(az(f"webpubsub hub update {hub} --allow-anonymous"))[keep_alive] == 30
    assert properties(az(f"webpubsub hub update {hub} --websocket-keepalive 120"))[keep_alive] == 120
    refused = az(f"webpubsub hub update {hub} --websocket-keepalive 121")
    assert (refused.exit_code, keep_alive in refused.errors) == (1, True)
    assert az(f"webpubsub hub update {hub} --websocket-keepalive often").exit_code == 2


def test_any_property_of_a_hub_is_set_by_its_path(az, resource, endpoint):
    hub = f"{resource} --hub-name chat"
    az(
        f"webpubsub hub create {hub} --event-handler url-template={endpoint}/a "
        f"--event-handler url-template={endpoint}/b"
    )
    first = "properties.eventHandlers[0]"
    handlers = properties(az(f"webpubsub hub update {hub} --set {first}.userEventPattern=*"))["eventHandlers"]
    assert [one["userEventPattern"] for one in handlers] == ["*", None]
    handlers = properties(az(f"webpubsub hub update {hub} --remove properties.eventHandlers 0"))["eventHandlers"]
    assert [one["urlTemplate"] for one in handlers] == [f"{endpoint}/b"]
    handlers = properties(az(f"webpubsub hub update {hub} --add properties.eventHandlers urlTemplate={endpoint}/c"))
    assert [one["urlTemplate"] for one in handlers["eventHandlers"]] == [f"{endpoint}/b", f"{endpoint}/c"]
