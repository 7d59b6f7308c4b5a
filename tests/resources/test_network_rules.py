import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.network_rules import (
    DEFAULT_NETWORK_RULES,
    OPEN_TO_ALL,
    RequestType,
    network_rules_document,
    parse_network_rules,
)

CLIENT, REST = RequestType.CLIENT_CONNECTION, RequestType.REST_API
TEN = {"value": "10.0.0.0/8", "action": "Allow"}
NOT_TEN_ONE = {"value": "10.1.0.0/16", "action": "Deny"}
EVERYONE = {"value": "0.0.0.0/0", "action": "Allow"}


def rules(**acls):
    return parse_network_rules({"networkACLs": acls})


@pytest.mark.parametrize("properties", [{}, {"networkACLs": None}, {"networkACLs": {}}])
def test_without_rules_everything_passes(properties):
    assert parse_network_rules(properties) is OPEN_TO_ALL


def test_the_services_default_lets_everything_in():
    assert parse_network_rules({"networkACLs": DEFAULT_NETWORK_RULES}) is OPEN_TO_ALL


def test_without_public_access_nothing_passes():
    closed = parse_network_rules({"publicNetworkAccess": "Disabled", "networkACLs": DEFAULT_NETWORK_RULES})
    assert not any(closed.admits(one, "127.0.0.1") for one in RequestType)


# (rules, request type, address, whether it passes)
CASES = [
    ({"defaultAction": "Deny"}, CLIENT, "10.0.0.1", False),
    ({"defaultAction": "Allow"}, CLIENT, "10.0.0.1", True),
    ({"defaultAction": "Deny", "publicNetwork": {"allow": ["RESTAPI"]}}, CLIENT, "10.0.0.1", False),
    ({"defaultAction": "Deny", "publicNetwork": {"allow": ["restapi"]}}, REST, "10.0.0.1", True),
    ({"defaultAction": "Allow", "publicNetwork": {"deny": ["RESTAPI"]}}, REST, "10.0.0.1", False),
    ({"defaultAction": "Allow", "publicNetwork": {"deny": ["RESTAPI"]}}, CLIENT, "10.0.0.1", True),
    ({"publicNetwork": {"allow": ["RESTAPI"], "deny": ["RESTAPI"]}}, REST, "10.0.0.1", False),
    ({"defaultAction": "Allow", "ipRules": [TEN]}, CLIENT, "11.0.0.1", True),
    ({"defaultAction": "Deny", "ipRules": [TEN], "publicNetwork": {"allow": ["RESTAPI"]}}, REST, "11.0.0.1", False),
    ({"defaultAction": "Deny", "ipRules": [TEN], "publicNetwork": {"allow": ["RESTAPI"]}}, REST, "10.9.9.9", True),
    ({"defaultAction": "Deny", "ipRules": [], "publicNetwork": {"allow": ["RESTAPI"]}}, REST, "10.9.9.9", False),
    # The first rule that matches decides.
    ({"defaultAction": "Allow", "ipRules": [NOT_TEN_ONE, TEN]}, CLIENT, "10.1.0.1", False),
    ({"defaultAction": "Allow", "ipRules": [TEN, NOT_TEN_ONE]}, CLIENT, "10.1.0.1", True),
    # An address of the other family matches no rule; one that is mapped is an IPv4 address.
    ({"defaultAction": "Deny", "ipRules": [EVERYONE], "publicNetwork": {"allow": ["RESTAPI"]}}, REST, "::1", False),
    (
        {"defaultAction": "Deny", "ipRules": [TEN], "publicNetwork": {"allow": ["RESTAPI"]}},
        REST,
        "::ffff:10.0.0.1",
        True,
    ),
    ({"defaultAction": "Deny", "publicNetwork": {"allow": ["RESTAPI"]}}, REST, "unknown", False),
]


@pytest.mark.parametrize(("acls", "request_type", "address", "passes"), CASES)
def test_decisions(acls, request_type, address, passes):
    assert rules(**acls).admits(request_type, address) is passes


def test_thirty_rules_are_taken():
    assert len(rules(ipRules=[TEN] * 30).ip_rules) == 30


@pytest.mark.parametrize(
    ("properties", "target", "code"),
    [
        ({"publicNetworkAccess": "x"}, "publicNetworkAccess", "InvalidRequestContent"),
        ({"networkACLs": [1]}, "networkACLs", "InvalidRequestContent"),
        ({"networkACLs": {"defaultAction": "Maybe"}}, "networkACLs.defaultAction", "InvalidRequestContent"),
        ({"networkACLs": {"publicNetwork": [1]}}, "networkACLs.publicNetwork", "InvalidRequestContent"),
        (
            {"networkACLs": {"publicNetwork": {"allow": "RESTAPI"}}},
            "networkACLs.publicNetwork.allow",
            "InvalidRequestContent",
        ),
        (
            {"networkACLs": {"publicNetwork": {"deny": ["Everything"]}}},
            "networkACLs.publicNetwork.deny",
            "InvalidRequestContent",
        ),
        ({"networkACLs": {"ipRules": {"x": 1}}}, "networkACLs.ipRules", "InvalidRequestContent"),
        ({"networkACLs": {"ipRules": [TEN] * 31}}, "networkACLs.ipRules", "InvalidRequestContent"),
        ({"networkACLs": {"ipRules": ["10.0.0.1"]}}, "networkACLs.ipRules[0]", "InvalidRequestContent"),
        (
            {"networkACLs": {"ipRules": [TEN, {"action": "Deny"}]}},
            "networkACLs.ipRules[1].value",
            "InvalidRequestContent",
        ),
        (
            {"networkACLs": {"ipRules": [{"value": "10.0.0.1/8", "action": "Deny"}]}},
            "networkACLs.ipRules[0].value",
            "InvalidRequestContent",
        ),
        (
            {"networkACLs": {"ipRules": [{"value": "10.0.0.1"}]}},
            "networkACLs.ipRules[0].action",
            "InvalidRequestContent",
        ),
        (
            {"networkACLs": {"ipRules": [{"value": "AzureCloud", "action": "Deny"}]}},
            "networkACLs.ipRules[0].value",
            "NotSupported",
        ),
        ({"networkACLs": {"privateEndpoints": [{"name": "x"}]}}, "networkACLs.privateEndpoints", "NotSupported"),
        ({"networkACLs": {"privateEndpoints": 1}}, "networkACLs.privateEndpoints", "InvalidRequestContent"),
    ],
)
def test_the_member_that_is_wrong_is_named(properties, target, code):
    with pytest.raises(ResourceError) as caught:
        parse_network_rules(properties)
    assert (caught.value.code, caught.value.target) == (code, f"properties.{target}")


def test_an_answer_tells_what_was_set_and_the_defaults_of_the_rest():
    assert network_rules_document(None) == DEFAULT_NETWORK_RULES
    assert network_rules_document({"publicNetwork": {"allow": ["RESTAPI"]}, "ipRules": None}) == {
        **DEFAULT_NETWORK_RULES,
        "publicNetwork": {"allow": ["RESTAPI"], "deny": None},
    }


@pytest.mark.parametrize("acls", [case[0] for case in CASES])
def test_an_answer_that_is_sent_back_means_the_same(acls):
    assert rules(**network_rules_document(acls)) == rules(**acls)
