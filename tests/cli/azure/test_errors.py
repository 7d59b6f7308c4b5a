import pytest

URL_TEMPLATE = "properties.eventHandlers[0].urlTemplate"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("webpubsub frobnicate", "'frobnicate' is not in the 'linarite webpubsub' command group"),
        ("webpubsub", "the following arguments are required: _subcommand"),
        ("webpubsub show -n demo", "(--resource-group | --ids) are required"),
        ("webpubsub key show", "(--resource-group --name | --ids) are required"),
        ("webpubsub hub list -n demo", "the following arguments are required: --resource-group/-g"),
        ("group create -n rg", "the following arguments are required: --location/-l"),
        ("webpubsub create -n demo -g rg", "the following arguments are required: --sku"),
        ("webpubsub create -n demo -g rg --sku Free_F1 --unit-count many", "invalid int value: 'many'"),
        ("webpubsub key regenerate -n demo -g rg", "the following arguments are required: --key-type"),
        ("webpubsub key regenerate -n demo -g rg --key-type third", "'third' is not a valid value for '--key-type'"),
        ("webpubsub restart --acquire-policy-token", "--acquire-policy-token: a self-hosted server has no policies"),
        ("group create --change-reference x", "--change-reference: a self-hosted server has no policies of Azure"),
        ("webpubsub list --color red", "unrecognized arguments: --color red"),
        ("webpubsub list -o xml", "'xml' is not a valid value for '--output/-o'"),
        ("webpubsub list --query [", "argument --query: invalid jmespath_type value: '['"),
        (
            "webpubsub hub create -n demo -g rg --hub-name chat --event-handler http://host",
            "usage error: --event-handler KEY=VALUE [KEY=VALUE ...]",
        ),
        (
            "webpubsub hub create -n demo -g rg --hub-name chat --allow-anonymous maybe",
            "'maybe' is not a valid value for '--allow-anonymous'",
        ),
    ],
)
def test_wrong_use_is_told_with_exit_code_2(command, line, words):
    outcome = command(*line.split())
    assert (outcome.exit_code, outcome.output) == (2, "")
    assert words in outcome.errors


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("group show -n none", "ResourceGroupNotFound"),
        ("group delete -n none --yes", "ResourceGroupNotFound"),
        ("webpubsub list -g none", "ResourceGroupNotFound"),
        ("webpubsub create -n demo -g none --sku Free_F1", "ResourceGroupNotFound"),
        ("webpubsub create -n demo -g none -l eastus --sku Free_F1", "ResourceGroupNotFound"),
        ("webpubsub delete -n demo -g none", "ResourceGroupNotFound"),
        ("webpubsub update -n demo -g linarite", "ResourceNotFound"),
        ("webpubsub key show -n demo -g linarite", "ResourceNotFound"),
        ("webpubsub key regenerate -n demo -g linarite --key-type salt", "ResourceNotFound"),
        ("webpubsub hub list -n demo -g linarite", "ResourceNotFound"),
        ("webpubsub hub create -n demo -g linarite --hub-name chat", "ResourceNotFound"),
        ("webpubsub hub update -n linarite -g linarite --hub-name none", "NotFound"),
    ],
)
def test_what_is_not_there_is_told_with_exit_code_3(az, line, code):
    outcome = az(line)
    assert (outcome.exit_code, outcome.output) == (3, "")
    assert outcome.errors.startswith(f"ERROR: ({code}) ")


@pytest.mark.parametrize(
    ("line", "code", "target"),
    [
        ("group create -n bad. -l eastus", "InvalidResourceGroupName", "resourceGroupName"),
        ("group create -n linarite -l westus", "InvalidResourceGroupLocation", "location"),
        ("webpubsub create -n 1demo -g linarite --sku Free_F1", "InvalidResourceName", "resourceName"),
        ("webpubsub create -n demo -g linarite --sku Gold", "InvalidSku", "sku.name"),
        ("webpubsub create -n demo -g linarite --sku Free_F1 --unit-count 2", "InvalidSku", "sku.capacity"),
        ("webpubsub create -n demo -g linarite --sku Free_F1 --kind SocketIO", "NotSupported", "kind"),
        ("webpubsub delete -n linarite -g linarite", "ScopeLocked", None),
        ("webpubsub hub create -n linarite -g linarite --hub-name 1", "InvalidHubName", "hubName"),
        (
            "webpubsub hub create -n linarite -g linarite --hub-name chat --event-handler",
            "InvalidRequestContent",
            URL_TEMPLATE,
        ),
        (
            "webpubsub hub create -n linarite -g linarite --hub-name chat --event-handler url-template=x",
            "InvalidRequestContent",
            URL_TEMPLATE,
        ),
    ],
)
def test_what_the_server_refuses_is_told_with_exit_code_1(az, line, code, target):
    outcome = az(line)
    assert (outcome.exit_code, outcome.output) == (1, "")
    first, *others = outcome.errors.splitlines()
    assert first.startswith(f"ERROR: ({code}) ")
    message = first.removeprefix(f"ERROR: ({code}) ")
    assert others == [f"Code: {code}", f"Message: {message}", *([f"Target: {target}"] if target else [])]


def test_a_query_that_fails_on_the_answer_is_told(az):
    outcome = az("webpubsub list --query length(@[0].publicPort)")
    assert outcome.exit_code == 1
    assert outcome.errors.startswith("ERROR: Invalid jmespath query supplied for `--query`: ")
