import json


def test_a_group_is_created_shown_and_deleted_with_the_output_of_az(az):
    created = az("group create --name rg-one --location eastus --tags a=b c --managed-by me")
    assert created.exit_code == 0
    assert created.document == {
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-one",
        "location": "eastus",
        "managedBy": "me",
        "name": "rg-one",
        "properties": {"provisioningState": "Succeeded"},
        "tags": {"a": "b", "c": ""},
        "type": "Microsoft.Resources/resourceGroups",
    }
    assert list(created.document) == sorted(created.document), "az sorts the members"
    assert created.output == json.dumps(created.document, indent=2) + "\n"
    assert az("group show --resource-group RG-ONE").document == created.document
    deleted = az("group delete -g rg-one --yes --no-wait")
    assert (deleted.exit_code, deleted.output, deleted.errors) == (0, "", "")
    assert az("group show -n rg-one").exit_code == 3


def test_exists_prints_true_or_false(az, group):
    assert az(f"group exists -n {group}").output == "true\n"
    assert az("group exists -n rg-none").output == "false\n"
    assert az(f"group exists -n {group} -o tsv").output == "true\n"


def test_the_table_of_groups_has_the_columns_of_az(az, group):
    lines = az("group list -o table").output.splitlines()
    assert lines[0].split() == ["Name", "Location", "Status"]
    assert [group, "eastus", "Succeeded"] in [line.split() for line in lines]


def test_a_group_is_not_deleted_unless_somebody_says_yes(az, group):
    refused = az(f"group delete -n {group}")
    assert (refused.exit_code, refused.output) == (1, "")
    assert "Unable to prompt for confirmation as no tty available. Use --yes." in refused.errors
    assert "ERROR: Operation cancelled." in refused.errors
    assert az(f"group exists -n {group}").output == "true\n"


def test_a_subscription_is_taken_as_it_comes(az, group):
    assert az(f"group show -n {group} --subscription mine").document["id"].startswith("/subscriptions/mine/")


def test_a_group_is_updated_by_tags_and_properties(az, group):
    assert az(f"group update -n {group} --tags a=b c").document["tags"] == {"a": "b", "c": ""}
    updated = az(f"group update -g {group} --set tags.d=1 managedBy=me --remove tags.c")
    assert (updated.document["tags"], updated.document["managedBy"]) == ({"a": "b", "d": "1"}, "me")
    assert az(f"group show -n {group}").document == updated.document
    refused = az(f"group update -n {group} --set location=westus")
    assert (refused.exit_code, "(InvalidResourceGroupLocation)" in refused.errors) == (1, True)


def test_groups_are_listed_by_a_tag(az, group):
    az(f"group update -n {group} --tags team={group}")
    for tag in ("team", f"team={group}"):
        assert group in az(f"group list --tag {tag} --query [].name -o tsv").output.split()
    assert az("group list --tag team=nobody").document == []


def test_types_whose_deletion_could_be_forced_are_refused(az, group):
    refused = az(f"group delete -n {group} --yes -f Microsoft.Compute/virtualMachines")
    assert (refused.exit_code, refused.output) == (1, "")
    assert "--force-deletion-types: a group holds Web PubSub resources only" in refused.errors
    assert az(f"group exists -n {group}").output == "true\n"
