from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.http.management.conftest import API_VERSION, CREDENTIAL, SUBSCRIPTION
from tests.resources.certificate_files import write_certificate

DEFAULT = "/resourceGroups/linarite/providers/Microsoft.SignalRService/webPubSub/linarite"
CERTIFICATE = {"properties": {"keyVaultBaseUri": "file:", "keyVaultSecretName": "site"}}


@pytest.fixture(scope="module")
def own_url(start_server: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("certificates")
    write_certificate(folder / "site.pem", "pubsub.example.com")
    return start_server(custom_certificates_folder=folder)


@pytest.fixture
def own(own_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=own_url + SUBSCRIPTION,
        params={"api-version": API_VERSION},
        headers={"Authorization": f"Bearer {CREDENTIAL}"},
        verify=False,
    ) as client:
        yield client


def test_a_certificate_and_a_domain_come_and_go(own):
    certificate, domain = f"{DEFAULT}/customCertificates/Site", f"{DEFAULT}/customDomains/one"
    made = own.put(certificate, json=CERTIFICATE)
    assert made.status_code == 201
    document = made.json()
    assert document.pop("systemData")["createdAt"]
    identifier = document["id"]
    assert document == {
        "properties": {
            "provisioningState": "Succeeded",
            "keyVaultBaseUri": "file:",
            "keyVaultSecretName": "site",
            "keyVaultSecretVersion": None,
        },
        "id": f"{SUBSCRIPTION}{DEFAULT.replace('webPubSub', 'WebPubSub')}/customCertificates/Site",
        "name": "Site",
        "type": "Microsoft.SignalRService/WebPubSub/customCertificates",
    }
    assert own.put(certificate.lower(), json=CERTIFICATE).status_code == 200
    assert own.get(f"{DEFAULT}/customCertificates").json()["value"] == [own.get(certificate).json()]

    body = {"properties": {"domainName": "pubsub.example.com", "customCertificate": {"id": identifier}}}
    made = own.put(domain, json=body)
    assert made.status_code == 201
    assert made.json()["properties"] == {"provisioningState": "Succeeded", **body["properties"]}
    assert made.json()["type"] == "Microsoft.SignalRService/WebPubSub/customDomains"
    assert own.get(f"{DEFAULT}/customDomains").json() == {"value": [own.get(domain).json()], "nextLink": None}
    assert own.put(domain, json=made.json()).status_code == 200

    refused = own.delete(certificate)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CertificateInUse")
    for path in (domain, certificate):
        assert [own.delete(path).status_code for _ in range(2)] == [200, 204]
        assert own.get(path).status_code == 404


def test_a_domain_means_one_resource(arm, group, resource):
    body = {"properties": {"domainName": f"{resource.rpartition('/')[2]}.example.com"}}
    assert arm.put(f"{resource}/customDomains/one", json=body).status_code == 201
    other = arm.put(f"{DEFAULT}/customDomains/one", json=body)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "NameAlreadyExists")
    assert other.json()["error"]["target"] == "properties.domainName"


@pytest.mark.parametrize(
    ("path", "body", "code", "target"),
    [
        ("customDomains/one", {}, "InvalidRequestContent", "properties"),
        ("customDomains/one", {"properties": {"domainName": "x y"}}, "InvalidRequestContent", "properties.domainName"),
        ("customDomains/-", {"properties": {"domainName": "a.b"}}, "InvalidRequestContent", "name"),
        (
            "customDomains/one",
            {"properties": {"domainName": "a.b", "customCertificate": {"id": "/a/customCertificates/none"}}},
            "InvalidRequestContent",
            "properties.customCertificate.id",
        ),
        ("customCertificates/one", CERTIFICATE, "NotSupported", "properties.keyVaultBaseUri"),
        (
            "customCertificates/one",
            {"properties": {"keyVaultBaseUri": "https://v.vault.azure.net", "keyVaultSecretName": "x"}},
            "NotSupported",
            "properties.keyVaultBaseUri",
        ),
    ],
)
def test_what_is_wrong_is_named(arm, resource, path, body, code, target):
    response = arm.put(f"{resource}/{path}", json=body)
    assert response.status_code == 400
    assert (response.json()["error"]["code"], response.json()["error"]["target"]) == (code, target)
