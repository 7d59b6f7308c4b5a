from linarite.resources.keys import new_access_keys
from linarite.resources.model import HubSettings, Resource

CHAT = HubSettings("chat", anonymous_connect_allowed=True, keep_alive_seconds=50)
RESOURCE = Resource(name="one", keys=new_access_keys(), hubs={"chat": CHAT})


def test_a_hub_is_found_in_any_case():
    assert RESOURCE.hub("Chat") is CHAT


def test_a_hub_that_nobody_configured_has_the_defaults():
    hub = RESOURCE.hub("Other")
    assert (hub.name, hub.anonymous_connect_allowed, hub.keep_alive_seconds, hub.event_handlers) == (
        "other",
        False,
        20,
        (),
    )
