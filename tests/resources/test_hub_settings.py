import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.resources.errors import ResourceError
from linarite.resources.hub_settings import hub_properties, parse_hub_settings
from linarite.resources.model import EventHandler

URL = "https://example.com/api"
HANDLER = "properties.eventHandlers[0]"


def with_handler(**members: object) -> dict[str, object]:
    return {"eventHandlers": [{"urlTemplate": URL, **members}]}


def test_empty_properties_mean_the_defaults():
    settings = parse_hub_settings("Chat", {})
    assert (settings.name, settings.written_name) == ("chat", "Chat")
    assert hub_properties(settings) == {
        "eventHandlers": [],
        "eventListeners": None,
        "anonymousConnectPolicy": "deny",
        "webSocketKeepAliveIntervalInSeconds": 20,
    }


def test_a_full_hub_is_echoed_as_the_service_does():
    properties = {
        "eventHandlers": [
            {
                "urlTemplate": "http://host.com",
                "userEventPattern": "event1,event2",
                "systemEvents": ["connect"],
                "auth": {"type": "ManagedIdentity", "managedIdentity": {"resource": "uri://abc"}},
            },
            {"urlTemplate": URL, "userEventPattern": "*", "systemEvents": [], "auth": None},
        ],
        "eventListeners": None,
        "anonymousConnectPolicy": "allow",
        "webSocketKeepAliveIntervalInSeconds": 50,
    }
    settings = parse_hub_settings("chat", properties)
    assert hub_properties(settings) == properties
    assert settings.event_handlers[0] == EventHandler(
        "http://host.com", "event1,event2", ("connect",), "ManagedIdentity", "uri://abc"
    )
    assert settings.anonymous_connect_allowed
    assert settings.keep_alive_seconds == 50


def test_an_identity_without_resource_is_no_error_where_no_token_is_wanted():
    auth = {"type": "none", "managedIdentity": {"resource": None}}
    (handler,) = parse_hub_settings("chat", with_handler(auth=auth)).event_handlers
    assert (handler.auth_type, handler.auth_resource) == ("None", None)


def test_members_nobody_knows_are_kept_and_echoed():
    handler = {"urlTemplate": URL, "groupPresenceEvents": {"eventNames": ["joined"], "later": 1}}
    echoed = hub_properties(parse_hub_settings("chat", {"later": [1, {"a": None}], "eventHandlers": [handler]}))
    assert echoed["later"] == [1, {"a": None}]
    assert echoed["eventHandlers"][0]["groupPresenceEvents"] == {"eventNames": ["joined"], "later": 1}


def test_what_is_echoed_reads_as_the_same_settings():
    settings = parse_hub_settings(
        "Chat",
        {
            "later": 1,
            "anonymousConnectPolicy": "Allow",
            "eventHandlers": [{"urlTemplate": URL, "auth": {"type": "none"}, "x": 1}],
        },
    )
    assert parse_hub_settings("Chat", hub_properties(settings)) == settings


@pytest.mark.parametrize(
    ("given_events", "events"),
    [
        (None, ()),
        ([], ()),
        (["connect", "Connected"], ("connect", "connected")),
        (["connect,connected,disconnected"], ("connect", "connected", "disconnected")),
        (["connect, connected", "connect"], ("connect", "connected")),
    ],
)
def test_system_events_are_names_or_names_with_commas_between(given_events, events):
    settings = parse_hub_settings("chat", with_handler(systemEvents=given_events))
    assert settings.event_handlers[0].system_events == events


@pytest.mark.parametrize(
    "template",
    [
        "https://your-server.com/api/pubsub",
        "HTTP://host",
        "http://127.0.0.1:3000/{hub}/{event}?code=abc",
        "https://[::1]:8443/{HUB}",
        "https://host/api?hub={hub}&e={Event}#f",
        "https://user:secret@host/",
        "https://host/%7Bliteral%7D",
    ],
)
def test_url_templates_may_name_hub_and_event_after_the_host(template):
    settings = parse_hub_settings("chat", with_handler(urlTemplate=template))
    assert settings.event_handlers[0].url_template == template


@pytest.mark.parametrize(
    ("properties", "target", "words"),
    [
        (None, "properties", "expected an object, got None"),
        ([], "properties", "expected an object"),
        ({"eventHandlers": {}}, "properties.eventHandlers", "expected a list"),
        ({"eventHandlers": ["x"]}, HANDLER, "expected an object, got 'x'"),
        ({"eventHandlers": [{}]}, f"{HANDLER}.urlTemplate", "expected an http or https URL, got None"),
        (with_handler(urlTemplate=""), f"{HANDLER}.urlTemplate", "absolute http or https URL"),
        (with_handler(urlTemplate="/api"), f"{HANDLER}.urlTemplate", "absolute http or https URL"),
        (with_handler(urlTemplate="https://h/a b"), f"{HANDLER}.urlTemplate", "without blanks"),
        (with_handler(urlTemplate="ftp://host/"), f"{HANDLER}.urlTemplate", "got 'ftp'"),
        (with_handler(urlTemplate="tunnel:///x"), f"{HANDLER}.urlTemplate", "got 'tunnel'"),
        (with_handler(urlTemplate="https:///x"), f"{HANDLER}.urlTemplate", "expected a host"),
        (with_handler(urlTemplate="https://:80/x"), f"{HANDLER}.urlTemplate", "expected a host"),
        (with_handler(urlTemplate="https://h:99999/x"), f"{HANDLER}.urlTemplate", "port from 0 to 65535"),
        (with_handler(urlTemplate="https://h:x/x"), f"{HANDLER}.urlTemplate", "port from 0 to 65535"),
        (with_handler(urlTemplate="http://{hub}.com"), f"{HANDLER}.urlTemplate", "a host without parameters"),
        (with_handler(urlTemplate="http://{event}/"), f"{HANDLER}.urlTemplate", "a host without parameters"),
        (with_handler(urlTemplate="http://a{name}b/"), f"{HANDLER}.urlTemplate", "a host without parameters"),
        (with_handler(urlTemplate="http://h/{name}"), f"{HANDLER}.urlTemplate", "got '{name}'"),
        (with_handler(urlTemplate="http://h/{hub"), f"{HANDLER}.urlTemplate", "percent-encode"),
        (with_handler(urlTemplate="http://h/hub}"), f"{HANDLER}.urlTemplate", "percent-encode"),
        (with_handler(userEventPattern=1), f"{HANDLER}.userEventPattern", "got 1"),
        (with_handler(systemEvents="connect"), f"{HANDLER}.systemEvents", "expected a list"),
        (with_handler(systemEvents=["connect,"]), f"{HANDLER}.systemEvents", "got ''"),
        (with_handler(systemEvents=["joined"]), f"{HANDLER}.systemEvents", "got 'joined'"),
        (with_handler(systemEvents=[None]), f"{HANDLER}.systemEvents", "got None"),
        (with_handler(auth="None"), f"{HANDLER}.auth", "expected an object"),
        (with_handler(auth={"type": "Basic"}), f"{HANDLER}.auth.type", "expected None or ManagedIdentity"),
        (with_handler(auth={"type": 1}), f"{HANDLER}.auth.type", "got 1"),
        (with_handler(auth={"managedIdentity": 1}), f"{HANDLER}.auth.managedIdentity", "got 1"),
        (
            with_handler(auth={"type": "ManagedIdentity", "managedIdentity": {"resource": 1}}),
            f"{HANDLER}.auth.managedIdentity.resource",
            "got 1",
        ),
        (
            with_handler(auth={"type": "None", "managedIdentity": {"resource": 1}}),
            f"{HANDLER}.auth.managedIdentity.resource",
            "got 1",
        ),
        (
            with_handler(auth={"type": "managedidentity"}),
            f"{HANDLER}.auth.managedIdentity.resource",
            "expected the resource that tokens are for",
        ),
        (
            with_handler(auth={"type": "ManagedIdentity", "managedIdentity": {"resource": " "}}),
            f"{HANDLER}.auth.managedIdentity.resource",
            "such as api://my-app, got ' '",
        ),
        (
            with_handler(groupPresenceEvents={"eventNames": ["moved"]}),
            f"{HANDLER}.groupPresenceEvents.eventNames",
            "expected joined or left, got 'moved'",
        ),
        (
            {"anonymousConnectPolicy": "maybe"},
            "properties.anonymousConnectPolicy",
            "allow or deny, got 'maybe'",
        ),
        ({"anonymousConnectPolicy": True}, "properties.anonymousConnectPolicy", "got True"),
        (
            {"webSocketKeepAliveIntervalInSeconds": 0},
            "properties.webSocketKeepAliveIntervalInSeconds",
            "got 0",
        ),
        (
            {"webSocketKeepAliveIntervalInSeconds": 121},
            "properties.webSocketKeepAliveIntervalInSeconds",
            "121",
        ),
        (
            {"webSocketKeepAliveIntervalInSeconds": "9"},
            "properties.webSocketKeepAliveIntervalInSeconds",
            "'9'",
        ),
        (
            {"webSocketKeepAliveIntervalInSeconds": True},
            "properties.webSocketKeepAliveIntervalInSeconds",
            "True",
        ),
        ({"eventListeners": [{"filter": {}}]}, "properties.eventListeners[0].filter.type", "EventName"),
        ({"eventListeners": "x"}, "properties.eventListeners", "a list"),
        (
            with_handler(urlTemplate="https://h/{@Microsoft.KeyVault(SecretUri=https://v)}"),
            f"{HANDLER}.urlTemplate",
            "Key Vault references are not supported yet",
        ),
    ],
)
def test_wrong_members_are_named_with_what_was_expected(properties, target, words):
    with pytest.raises(ResourceError) as caught:
        parse_hub_settings("chat", properties)
    assert caught.value.target == target
    assert caught.value.message.startswith(f"{target}: ")
    assert words in caught.value.message


def test_the_second_handler_is_named_by_its_number():
    with pytest.raises(ResourceError) as caught:
        parse_hub_settings("chat", {"eventHandlers": [{"urlTemplate": URL}, {"urlTemplate": "x"}]})
    assert caught.value.target == "properties.eventHandlers[1].urlTemplate"


def test_errors_repeat_neither_query_nor_password_of_a_template():
    for template in ("https://u:hidden@h:x/?code=hidden", "ftp://u:hidden@h/?code=hidden", "x?code=hidden"):
        with pytest.raises(ResourceError) as caught:
            parse_hub_settings("chat", with_handler(urlTemplate=template))
        assert "hidden" not in caught.value.message


@pytest.mark.parametrize("name", ["", "1chat", "-chat", "a b", "a/b", "x" * 129])
def test_a_name_that_is_no_hub_name_is_refused(name):
    with pytest.raises(ResourceError) as caught:
        parse_hub_settings(name, {})
    assert (caught.value.code, caught.value.target) == ("InvalidHubName", "hubName")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
HANDLERS = st.fixed_dictionaries(
    {"urlTemplate": st.sampled_from(["https://h/{hub}", "http://{h}", "x"]) | JSON},
    optional={"userEventPattern": JSON, "systemEvents": JSON, "auth": JSON, "groupPresenceEvents": JSON},
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "eventHandlers": st.lists(HANDLERS, max_size=2) | JSON,
            "eventListeners": JSON,
            "anonymousConnectPolicy": st.sampled_from(["allow", "DENY"]) | JSON,
            "webSocketKeepAliveIntervalInSeconds": st.integers(-5, 130) | JSON,
            "other": JSON,
        },
    )
    | JSON
)
def test_any_json_is_taken_and_echoed_the_same_or_refused_with_the_one_error(properties):
    try:
        settings = parse_hub_settings("chat", properties)
    except ResourceError:
        return
    assert parse_hub_settings("chat", hub_properties(settings)) == settings
