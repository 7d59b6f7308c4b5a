import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.resource_properties import parse_properties

GOOD = {
    "publicNetworkAccess": "disabled",
    "networkACLs": {"defaultAction": "Deny", "ipRules": [{"value": "10.0.0.0/8", "action": "Allow"}]},
    "disableLocalAuth": True,
    "disableAadAuth": False,
    "regionEndpointEnabled": "Disabled",
    "tls": {"clientCertEnabled": True},
    "resourceStopped": "True",
    "liveTraceConfiguration": {"enabled": "true", "categories": [{"name": "messaginglogs", "enabled": "false"}]},
    "resourceLogConfiguration": {"categories": [{"name": "HttpRequestLogs"}]},
    "socketIO": {"serviceMode": "Serverless"},
    "nobody knows": [1],
}


def test_properties_are_kept_as_they_came():
    assert parse_properties(GOOD) == GOOD


def test_members_of_answers_are_not_kept():
    assert parse_properties({"hostName": "h", "provisioningState": "Succeeded", "later": 1}) == {"later": 1}


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"disableLocalAuth": "yes"}, "disableLocalAuth"),
        ({"disableAadAuth": 1}, "disableAadAuth"),
        ({"regionEndpointEnabled": 1}, "regionEndpointEnabled"),
        ({"publicNetworkAccess": "x"}, "publicNetworkAccess"),
        ({"networkACLs": 1}, "networkACLs"),
        ({"tls": True}, "tls"),
        ({"tls": {"clientCertEnabled": "true"}}, "tls.clientCertEnabled"),
        ({"resourceStopped": True}, "resourceStopped"),
        ({"resourceStopped": "yes"}, "resourceStopped"),
        ({"liveTraceConfiguration": 1}, "liveTraceConfiguration"),
        ({"liveTraceConfiguration": {"enabled": True}}, "liveTraceConfiguration.enabled"),
        ({"liveTraceConfiguration": {"categories": {}}}, "liveTraceConfiguration.categories"),
        ({"resourceLogConfiguration": []}, "resourceLogConfiguration"),
        ({"resourceLogConfiguration": {"categories": [1]}}, "resourceLogConfiguration.categories[0]"),
        ({"resourceLogConfiguration": {"categories": [{}]}}, "resourceLogConfiguration.categories[0].name"),
        (
            {"resourceLogConfiguration": {"categories": [{"name": "MessagingLogs", "enabled": 1}]}},
            "resourceLogConfiguration.categories[0].enabled",
        ),
        ({"socketIO": "x"}, "socketIO"),
        ({"socketIO": {"serviceMode": "Other"}}, "socketIO.serviceMode"),
    ],
)
def test_the_member_that_is_wrong_is_named(properties, target):
    with pytest.raises(ResourceError) as caught:
        parse_properties(properties)
    assert (caught.value.code, caught.value.target) == ("InvalidRequestContent", f"properties.{target}")
    assert caught.value.message.startswith(f"properties.{target}: expected ")
