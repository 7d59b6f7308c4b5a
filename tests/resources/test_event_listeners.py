import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.event_listeners import refuse_event_listeners

FILTER = {"type": "EventName", "systemEvents": ["connected", "Disconnected"], "userEventPattern": "*"}
ENDPOINT = {"type": "EventHub", "fullyQualifiedNamespace": "x.servicebus.windows.net", "eventHubName": "h"}
GOOD = {"filter": FILTER, "endpoint": ENDPOINT}
TARGET = "properties.eventListeners"


@pytest.mark.parametrize("listeners", [None, []])
def test_none_are_taken(listeners):
    refuse_event_listeners(listeners)


def test_what_the_service_would_take_is_not_supported():
    with pytest.raises(ResourceError) as caught:
        refuse_event_listeners([GOOD] * 10)
    assert (caught.value.code, caught.value.target) == ("NotSupported", TARGET)


@pytest.mark.parametrize(
    ("listeners", "target"),
    [
        ({}, ""),
        ([GOOD] * 11, ""),
        ([GOOD, 1], "[1]"),
        ([{"endpoint": ENDPOINT}], "[0].filter"),
        ([{**GOOD, "filter": {**FILTER, "type": "Other"}}], "[0].filter.type"),
        ([{**GOOD, "filter": {**FILTER, "systemEvents": "connected"}}], "[0].filter.systemEvents"),
        ([{**GOOD, "filter": {**FILTER, "systemEvents": ["connect"]}}], "[0].filter.systemEvents"),
        ([{**GOOD, "filter": {**FILTER, "userEventPattern": 1}}], "[0].filter.userEventPattern"),
        ([{"filter": FILTER}], "[0].endpoint"),
        ([{**GOOD, "endpoint": {**ENDPOINT, "type": "Kafka"}}], "[0].endpoint.type"),
        (
            [{**GOOD, "endpoint": {"type": "EventHub", "eventHubName": "h"}}],
            "[0].endpoint.fullyQualifiedNamespace",
        ),
        ([{**GOOD, "endpoint": {**ENDPOINT, "eventHubName": ""}}], "[0].endpoint.eventHubName"),
    ],
)
def test_what_is_wrong_is_named(listeners, target):
    with pytest.raises(ResourceError) as caught:
        refuse_event_listeners(listeners)
    assert (caught.value.code, caught.value.target) == ("InvalidRequestContent", TARGET + target)
