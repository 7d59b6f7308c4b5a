import pytest

ALL = [{"action": "Allow", "value": "0.0.0.0/0"}, {"action": "Allow", "value": "::/0"}]
NEW = [{"action": "Allow", "value": "10.0.0.0/24"}, {"action": "Deny", "value": "192.168.0.0/24"}]
NEW_OPTIONS = "--ip-rule value=10.0.0.0/24 action=Allow --ip-rule action=Deny value=192.168.0.0/24"


def test_the_lists_of_the_public_network_are_set_as_a_whole(az, resource):
    updated = az(
        f"webpubsub network-rule update {resource} --public-network "
        "--allow ServerConnection ClientConnection --deny RESTAPI Trace"
    ).document
    lists = {"allow": ["ServerConnection", "ClientConnection"], "deny": ["RESTAPI", "Trace"]}
    assert updated["networkAcLs"]["publicNetwork"] == lists
    assert updated["networkAcLs"]["ipRules"] == ALL
    shown = az(f"webpubsub network-rule show {resource}").document
    assert shown == updated["networkAcLs"]
    emptied = az(f"webpubsub network-rule update {resource} --public-network true --allow RESTAPI").document
    assert emptied["networkAcLs"]["publicNetwork"] == {"allow": ["RESTAPI"], "deny": []}


def test_ip_rules_are_added_behind_the_others_and_removed(az, resource):
    added = az(f"webpubsub network-rule ip-rule add {resource} {NEW_OPTIONS}").document
    assert added["networkAcLs"]["ipRules"] == [*ALL, *NEW]
    removed = az(f"webpubsub network-rule ip-rule remove {resource} {NEW_OPTIONS.replace('Deny', 'deny')}").document
    assert removed["networkAcLs"]["ipRules"] == ALL


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        ("update --allow RESTAPI", 2, "Either --public-network or --connection-name should be set."),
        ("update --public-network false --allow RESTAPI", 2, "Either --public-network or --connection-name"),
        ("update --connection-name one --allow RESTAPI", 1, "a self-hosted server has no private endpoint connections"),
        ("update --public-network --allow Everything", 2, "'Everything' is not a valid value for '--allow'"),
        ("ip-rule add", 2, "the following arguments are required: --ip-rule"),
        ("ip-rule add --ip-rule 10.0.0.0/8", 2, "usage error: --ip-rule value=NETWORK action=Allow|Deny"),
        ("ip-rule add --ip-rule value=10.0.0.0/8", 2, "usage error: --ip-rule value=NETWORK action=Allow|Deny"),
        ("ip-rule add --ip-rule value=1 action=Allow colour=red", 2, "usage error: --ip-rule"),
        ("ip-rule add --ip-rule value=AzureCloud action=Allow", 1, "(NotSupported) "),
        ("ip-rule add --ip-rule value=10.0.0.0/8 action=Maybe", 1, "expected Allow or Deny"),
    ],
)
def test_what_cannot_be_meant_is_told(az, resource, words, exit_code, message):
    outcome = az(f"webpubsub network-rule {words} {resource}")
    assert (outcome.exit_code, outcome.output) == (exit_code, "")
    assert message in outcome.errors
