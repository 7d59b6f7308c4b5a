import pytest
import yaml


def test_a_resource_is_printed_with_its_properties_one_level_up(az, group):
    created = az(f"webpubsub create -n Demo-flat -g {group} -l westeurope --sku Free_F1")
    assert created.exit_code == 0
    document = created.document
    assert list(document) == [
        "disableAadAuth",
        "disableLocalAuth",
        "externalIp",
        "hostName",
        "hostNamePrefix",
        "id",
        "identity",
        "kind",
        "liveTraceConfiguration",
        "location",
        "name",
        "networkAcLs",
        "privateEndpointConnections",
        "provisioningState",
        "publicNetworkAccess",
        "publicPort",
        "regionEndpointEnabled",
        "resourceGroup",
        "resourceLogConfiguration",
        "resourceStopped",
        "serverPort",
        "sharedPrivateLinkResources",
        "sku",
        "socketIo",
        "systemData",
        "tags",
        "tls",
        "type",
        "version",
    ]
    assert document["provisioningState"] == "Succeeded"
    assert document["resourceGroup"] == group
    assert document["location"] == "westeurope"
    assert document["sku"] == {"capacity": 1, "family": None, "name": "Free_F1", "size": "F1", "tier": "Free"}
    assert az(f"webpubsub show -n demo-FLAT -g {group}").document == document
    assert document in az(f"webpubsub list -g {group}").document
    assert document in az("webpubsub list").document


def test_without_a_location_a_resource_stands_where_its_group_does(az, group):
    created = az(f"webpubsub create -n Demo-here -g {group} --sku Standard_S1 --unit-count 2 --kind WebPubSub")
    assert (created.document["location"], created.document["sku"]["capacity"]) == ("eastus", 2)


def test_a_resource_that_does_not_exist_shows_nothing(az, group):
    shown = az(f"webpubsub show -n none -g {group}")
    assert (shown.exit_code, shown.output, shown.errors) == (0, "", "")


def test_deleting_prints_nothing_and_may_be_repeated(az, resource):
    for _ in range(2):
        deleted = az(f"webpubsub delete {resource}")
        assert (deleted.exit_code, deleted.output, deleted.errors) == (0, "", "")
    assert az(f"webpubsub show {resource}").output == ""


@pytest.mark.parametrize(
    ("options", "sku", "units", "tags"),
    [
        ("", "Standard_S1", 1, {"key": "value"}),
        ("--unit-count 10", "Standard_S1", 10, {"key": "value"}),
        ("--sku Premium_P1", "Premium_P1", 1, {"key": "value"}),
        ("--sku Standard_S1 --unit-count 20", "Standard_S1", 20, {"key": "value"}),
        ("--tags a=b c=d=e f", "Standard_S1", 1, {"a": "b", "c": "d=e", "f": ""}),
        ("--tags", "Standard_S1", 1, None),
    ],
)
def test_update_changes_what_it_names(az, resource, options, sku, units, tags):
    updated = az(f"webpubsub update {resource} {options}").document
    assert (updated["sku"]["name"], updated["sku"]["capacity"], updated["tags"]) == (sku, units, tags)
    assert az(f"webpubsub show {resource}").document == updated


def test_the_connection_string_is_one_bare_line(az, resource):
    shown = az(f"webpubsub key show {resource} --query primaryConnectionString --output tsv")
    assert shown.exit_code == 0
    assert shown.errors == ""
    assert shown.output.count("\n") == 1
    assert shown.output.startswith("Endpoint=http://localhost:")
    assert shown.output.endswith(";Version=1.0;\n")


@pytest.mark.parametrize("key_type", ["primary", "secondary", "Salt"])
def test_regenerating_a_key_prints_all_four_members(az, resource, key_type):
    before = az(f"webpubsub key show {resource}").document
    after = az(f"webpubsub key regenerate {resource} --key-type {key_type}").document
    changed = {member for member in after if after[member] != before[member]}
    word = key_type.lower()
    assert changed == ({f"{word}Key", f"{word}ConnectionString"} if word != "salt" else set())
    assert after == az(f"webpubsub key show {resource}").document


def test_forms_of_output(az, resource):
    def show(form: str) -> str:
        shown = az(f"webpubsub show {resource} --query {{name:name,units:sku.capacity,tags:tags}} {form}")
        assert shown.exit_code == 0
        return shown.output

    name = resource.split()[1]
    assert yaml.safe_load(show("-o yaml")) == {"name": name, "units": 1, "tags": {"key": "value"}}
    assert show("-o yamlc") == show("-o yaml")
    assert show("-o jsonc") == show("-o json") == show("")
    assert show("-o tsv") == f"{name}\t1\t\n"
    assert [line.split() for line in show("--output table").splitlines()][::2] == [["Name", "Units"], [name, "1"]]
    assert show("-o none") == ""


def test_a_query_that_finds_nothing_prints_nothing(az, resource):
    shown = az(f"webpubsub show {resource} --query nothing -o tsv")
    assert (shown.exit_code, shown.output) == (0, "")


def test_all_resources_as_a_table(az, resource):
    output = az("webpubsub list -o table").output
    assert resource.split()[1] in output
    assert "linarite" in output
    assert "HostName" in output.splitlines()[0]


def test_a_resource_is_stopped_started_and_restarted(az, resource):
    assert az(f"webpubsub stop {resource}").document["resourceStopped"] == "true"
    assert az(f"webpubsub show {resource} --query resourceStopped").document == "true"
    assert az(f"webpubsub start {resource}").document["resourceStopped"] == "false"
    for name in (resource, "-n none -g linarite"):
        restarted = az(f"webpubsub restart {name}")
        assert (restarted.exit_code, restarted.output, restarted.errors) == (0, "", "")


def test_skus_and_usages_are_lists(az, resource):
    skus = az(f"webpubsub list-skus {resource}").document
    assert [one["sku"]["name"] for one in skus] == ["Free_F1", "Standard_S1", "Premium_P1", "Premium_P2"]
    assert skus[0]["sku"] == {"capacity": None, "family": None, "name": "Free_F1", "size": None, "tier": "Free"}
    usages = az("webpubsub list-usage --location eastus").document
    assert [one["name"]["value"] for one in usages][:2] == ["FreeTierInstances", "SignalRTotalUnits"]


@pytest.mark.parametrize(
    ("options", "member", "value"),
    [
        ("--disable-local-auth", "disableLocalAuth", True),
        ("--disable-local-auth false", "disableLocalAuth", False),
        ("--client-cert-enabled true", "tls", {"clientCertEnabled": True}),
        ("--region-endpoint-enabled false", "regionEndpointEnabled", "Disabled"),
        ("--set publicNetworkAccess=Disabled", "publicNetworkAccess", "Disabled"),
        ("--set tls.clientCertEnabled=true", "tls", {"clientCertEnabled": True}),
        ("--set sku.capacity=5 --query sku", "capacity", 5),
        ("--set resourceStopped=true", "resourceStopped", "true"),
        ("--set tags.team=web", "tags", {"key": "value", "team": "web"}),
        ("--remove tags.key", "tags", None),
        ("--remove tags", "tags", None),
        ("--tags a=b --set tags.c=d", "tags", {"a": "b", "c": "d"}),
        ("--set networkAcLs.defaultAction=Allow --query networkAcLs", "defaultAction", "Allow"),
    ],
)
def test_update_sets_any_property(az, resource, options, member, value):
    updated = az(f"webpubsub update {resource} {options}")
    assert (updated.exit_code, updated.errors) == (0, "")
    assert updated.document[member] == value


def test_keys_that_are_disabled_show_nothing(az, resource):
    az(f"webpubsub update {resource} --disable-local-auth")
    assert set(az(f"webpubsub key show {resource}").document.values()) == {None}
