import json

import pytest

from linarite.resources.arm_template import parse_template
from linarite.resources.declared import DeclarationError, DeclaredResource
from linarite.resources.declared_files import read_declared

TYPE = "Microsoft.SignalRService/webPubSub"
# As `bicep build` writes it: children beside their parents, names put together by format.
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {
        "name": {"type": "string"},
        "units": {"type": "int", "defaultValue": 1},
        "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
    },
    "variables": {"hub": "[toLower('CHAT')]", "url": "[format('http://localhost:3000/{0}', variables('hub'))]"},
    "resources": [
        {
            "type": TYPE,
            "apiVersion": "2024-03-01",
            "name": "[parameters('name')]",
            "location": "[parameters('location')]",
            "sku": {"name": "Standard_S1", "capacity": "[parameters('units')]"},
            "properties": {"publicNetworkAccess": "Enabled"},
        },
        {
            "type": f"{TYPE}/hubs",
            "apiVersion": "2024-03-01",
            "name": "[format('{0}/{1}', parameters('name'), variables('hub'))]",
            "properties": {"eventHandlers": [{"urlTemplate": "[variables('url')]"}]},
            "dependsOn": ["[resourceId('Microsoft.SignalRService/webPubSub', parameters('name'))]"],
        },
        {"type": "Microsoft.Web/sites", "apiVersion": "2023-12-01", "name": "site"},
    ],
}
DEMO = DeclaredResource(
    "demo",
    {
        "location": "local",
        "sku": {"name": "Standard_S1", "capacity": 1},
        "properties": {"publicNetworkAccess": "Enabled"},
    },
    "linarite",
    {"hubs": {"chat": {"eventHandlers": [{"urlTemplate": "http://localhost:3000/chat"}]}}},
)


def test_a_template_of_bicep_is_read():
    declared = parse_template(TEMPLATE, {"Name": "demo"})
    assert declared.resources == [DEMO]
    assert declared.ignored == ["Microsoft.Web/sites site"]


def test_symbolic_names_and_nested_resources_mean_the_same():
    resource, hub, _ = TEMPLATE["resources"]
    nested = {**hub, "type": "hubs", "name": "chat"}
    template = {
        **TEMPLATE,
        "languageVersion": "2.0",
        "resources": {
            "pubsub": {**resource, "resources": [nested]},
            "vault": {"existing": True, "type": "Microsoft.KeyVault/vaults", "name": "v"},
        },
    }
    assert parse_template(template, {"name": "demo"}).resources == [DEMO]


def test_a_condition_that_is_false_leaves_a_resource_out():
    resource, hub, _ = TEMPLATE["resources"]
    template = {**TEMPLATE, "resources": [resource, {**hub, "condition": "[equals(parameters('units'), 2)]"}]}
    assert parse_template(template, {"name": "demo"}).resources[0].parts == {}
    assert parse_template(template, {"name": "demo", "units": 2}).resources[0].parts == DEMO.parts


def test_domains_and_certificates_are_parts_too():
    resource = TEMPLATE["resources"][0]
    domain = {"type": f"{TYPE}/customDomains", "name": "demo/one", "properties": {"domainName": "a.b"}}
    certificate = {"type": f"{TYPE}/customCertificates", "name": "demo/cert", "properties": {}}
    declared = parse_template({**TEMPLATE, "resources": [resource, domain, certificate]}, {"name": "demo"})
    assert declared.resources[0].parts == {
        "custom_domains": {"one": {"domainName": "a.b"}},
        "custom_certificates": {"cert": {}},
    }


def with_resource(**members: object) -> dict[str, object]:
    return {"resources": [{"type": TYPE, "name": "demo", **members}]}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ({}, "resources: expected an array or an object, got NoneType"),
        ({"resources": [1]}, "resources: expected an object, got int"),
        ({"parameters": [], "resources": []}, "parameters: expected an object"),
        (TEMPLATE, "name: the parameter 'name' has no value: give it in the file of parameters"),
        (with_resource(location="[parameters('x')]"), "the template has no parameter 'x'"),
        (with_resource(location="[variables('x')]"), "the template has no variable 'x'"),
        (with_resource(location="[reference('x')]"), "the function 'reference' is not known here"),
        (with_resource(copy={"name": "c", "count": 2}), "demo: copies are not read"),
        (
            {"resources": [{"type": f"{TYPE}/hubs", "name": "demo/chat"}]},
            "demo: the template declares its hubs and not the resource itself",
        ),
        (
            {**with_resource(location="[variables('a')]"), "variables": {"a": "[variables('A')]"}},
            "the value of 'a' needs itself",
        ),
    ],
)
def test_what_is_wrong_is_told(template, reason):
    with pytest.raises(DeclarationError) as caught:
        parse_template(template, {})
    assert reason in caught.value.message


def test_the_values_of_parameters_stand_beside_the_template(tmp_path):
    file = tmp_path / "main.json"
    file.write_text(json.dumps(TEMPLATE))
    with pytest.raises(DeclarationError, match="has no value"):
        read_declared(file)
    (tmp_path / "main.parameters.json").write_text(json.dumps({"parameters": {"name": {"value": "demo"}}}))
    assert read_declared(file).resources == [DEMO]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("main.json", "{", "main.json: Expecting"),
        ("main.json", "[]", "main.json: expected an object, got list"),
        ("main.json", "[" * 100_000, "main.json: "),
        ("resources.toml", "[", "resources.toml: "),
        ("resources.toml", None, "resources.toml: No such file or directory"),
        ("resources.toml", b"\xff", "resources.toml: 'utf-8' codec"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, text, reason):
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DeclarationError) as caught:
        read_declared(tmp_path / name)
    assert caught.value.message.startswith(reason)


@pytest.mark.parametrize("values", ["{}x", '{"parameters": 1}', '{"parameters": {"name": 1}}'])
def test_parameters_that_cannot_be_read_are_named(tmp_path, values):
    (tmp_path / "main.json").write_text(json.dumps(TEMPLATE))
    (tmp_path / "main.parameters.json").write_text(values)
    with pytest.raises(DeclarationError, match=r"main\.parameters\.json: "):
        read_declared(tmp_path / "main.json")
