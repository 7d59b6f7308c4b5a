import os

import pytest


@pytest.fixture
def identity(az, resource):
    return az(f"webpubsub show {resource} --query id -o tsv").output.strip()


def test_an_id_stands_for_name_and_group(az, resource, identity):
    assert az(f"webpubsub show --ids {identity}").document == az(f"webpubsub show {resource}").document
    assert az(f"webpubsub key show --ids {identity.lower()}").document == az(f"webpubsub key show {resource}").document
    exists = az(f"webpubsub service user exist --ids {identity} --hub-name chat --user-id u")
    assert exists.document == {"existence": False}


def test_an_id_can_be_that_of_a_hub(az, resource, identity):
    az(f"webpubsub hub create {resource} --hub-name chat")
    shown = az(f"webpubsub hub show --ids {identity}/hubs/chat").document
    assert shown["name"] == "chat"
    assert az(f"webpubsub hub delete --ids {identity}/hubs/chat").exit_code == 0
    assert az(f"webpubsub hub show --ids {identity}/hubs/chat").output == ""


def test_several_ids_make_a_list(command, az, group, identity):
    other = f"other-{os.urandom(4).hex()}"
    az(f"webpubsub create -n {other} -g {group} --sku Free_F1")
    ids = az(f"webpubsub list -g {group} --query [].id -o tsv").output
    assert identity in ids
    stopped = command("webpubsub", "stop", "--ids", ids, "--query", "[].resourceStopped")
    assert stopped.document == ["true", "true"]
    assert az("webpubsub restart --ids " + " ".join(ids.split())).output == ""


@pytest.mark.parametrize(
    "wrong",
    [
        "demo",
        "/subscriptions/s/resourceGroups/g",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.SignalRService/signalR/demo",
        "/subscriptions/s/groups/g/providers/Microsoft.SignalRService/webPubSub/demo",
    ],
)
def test_what_is_no_id_of_a_resource_is_told(az, wrong):
    outcome = az(f"webpubsub show --ids {wrong}")
    assert (outcome.exit_code, outcome.output) == (1, "")
    assert outcome.errors == f"ERROR: invalid resource ID: {wrong}\n"


def test_a_hub_is_named_by_its_own_id(az, identity):
    outcome = az(f"webpubsub hub show --ids {identity}")
    assert outcome.errors == f"ERROR: invalid resource ID: {identity}\n"


@pytest.mark.parametrize("line", ["webpubsub create --ids x", "webpubsub list --ids x", "webpubsub hub list --ids x"])
def test_commands_that_az_gives_no_ids_have_none(az, line):
    outcome = az(line)
    assert outcome.exit_code == 2


def test_group_and_location_can_have_a_default(az, group, resource, monkeypatch):
    monkeypatch.setenv("LINARITE_CLI_DEFAULTS_GROUP", group)
    monkeypatch.setenv("LINARITE_CLI_DEFAULTS_LOCATION", "westus")
    name = resource.split()[1]
    assert az(f"webpubsub show -n {name}").document["name"] == name
    assert [one["name"] for one in az("webpubsub list").document] == [name]
    assert az("webpubsub list-usage --query [0].id").document.split("/")[-3:] == [
        "westus",
        "usages",
        "FreeTierInstances",
    ]
