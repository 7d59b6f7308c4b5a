import ssl
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.resources.certificate_files import write_certificate

from linarite.resources.custom_names import (
    certificate_tls_context,
    parse_certificate,
    parse_domain,
    with_certificate,
    with_domain,
    without_certificate,
    without_domain,
)
from linarite.resources.errors import ResourceError
from linarite.resources.model import CustomCertificate, CustomDomain
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore

NOW = datetime(2026, 2, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 1, tzinfo=UTC)
CERTIFICATE = {"properties": {"keyVaultBaseUri": "file:", "keyVaultSecretName": "site"}}
DOMAIN = {"properties": {"domainName": "PubSub.example.com", "customCertificate": None}}


def using(certificate: str) -> dict[str, object]:
    reference = {"id": f"/subscriptions/s/resourceGroups/g/x/y/customcertificates/{certificate}"}
    return {"properties": {"domainName": "pubsub.example.com", "customCertificate": reference}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_certificate(tmp_path / "site.pem", "pubsub.example.com")
    return tmp_path


def test_a_domain_names_its_resource_until_it_is_deleted(registry, make_resource):
    make_resource("demo")
    resource, domain = with_domain(registry.find("rg", "demo"), "one", DOMAIN, NOW)
    registry.keep(resource)
    assert domain == CustomDomain("one", "pubsub.example.com", None, NOW, NOW)
    assert registry.by_host("PUBSUB.example.com", "localhost") is resource
    assert registry.by_custom_domain("other.example.com") is None
    registry.keep(without_domain(resource, "ONE"))
    assert registry.by_host("pubsub.example.com", "localhost") is None


def test_a_domain_goes_with_its_resource(registry, make_resource):
    make_resource("demo")
    registry.keep(with_domain(registry.find("rg", "demo"), "one", DOMAIN, NOW)[0])
    registry.delete("rg", "demo")
    assert registry.by_custom_domain("pubsub.example.com") is None


def test_domains_and_certificates_survive_the_process(database, folder):
    with closing(SqliteStore(database)) as store:
        registry = Registry(store, "linarite")
        resource, certificate = with_certificate(registry.ensure_default(), "Cert", CERTIFICATE, folder, NOW)
        resource, domain = with_domain(resource, "one", using("cert"), NOW)
        registry.keep(resource)
    with closing(SqliteStore(database)) as store:
        again = Registry(store, "linarite")
        assert again.default == resource
        assert again.default.custom_domains == {"one": domain}
        assert again.default.custom_certificates == {"cert": certificate}
        assert again.by_custom_domain("pubsub.example.com") is again.default


def test_putting_again_keeps_name_and_birth(registry, folder):
    resource, _ = with_certificate(registry.default, "Cert", CERTIFICATE, folder, NOW)
    resource, second = with_certificate(resource, "CERT", CERTIFICATE, folder, LATER)
    assert second == CustomCertificate("Cert", "site", NOW, LATER)
    resource, _ = with_domain(resource, "One", DOMAIN, NOW)
    resource, domain = with_domain(resource, "one", using("cert"), LATER)
    assert domain == CustomDomain("One", "pubsub.example.com", "cert", NOW, LATER)
    assert list(resource.custom_domains) == ["one"]


def test_a_certificate_in_use_stays(registry, folder):
    resource, _ = with_certificate(registry.default, "cert", CERTIFICATE, folder, NOW)
    resource, _ = with_domain(resource, "one", using("CERT"), NOW)
    with pytest.raises(ResourceError, match="is used by the custom domain 'one'") as caught:
        without_certificate(resource, "cert")
    assert caught.value.code == "CertificateInUse"
    assert without_certificate(without_domain(resource, "one"), "cert").custom_certificates == {}


def test_a_host_name_means_one_thing(registry):
    resource, _ = with_domain(registry.default, "one", DOMAIN, NOW)
    with pytest.raises(ResourceError) as caught:
        with_domain(resource, "two", DOMAIN, NOW)
    assert (caught.value.code, caught.value.target) == ("NameAlreadyExists", "properties.domainName")


def test_the_tls_context_of_a_certificate_presents_it(folder):
    context = certificate_tls_context(CustomCertificate("cert", "site"), folder)
    assert isinstance(context, ssl.SSLContext)


@pytest.mark.parametrize(
    ("secret", "reason"), [("missing", "FileNotFoundError"), ("locked", "ValueError"), ("garbage", "NO_START_LINE")]
)
def test_a_file_that_cannot_be_used_is_named(folder, secret, reason):
    write_certificate(folder / "locked.pem", "x.example.com", b"passphrase")
    (folder / "garbage.pem").write_text("no certificate")
    with pytest.raises(ResourceError) as caught:
        certificate_tls_context(CustomCertificate("cert", secret), folder)
    assert caught.value.target == "properties.keyVaultSecretName"
    assert f"{secret}.pem" in caught.value.message
    assert str(folder) not in caught.value.message


def test_without_a_folder_there_are_no_certificates():
    with pytest.raises(ResourceError, match="custom_certificates_folder") as caught:
        certificate_tls_context(CustomCertificate("cert", "site"), None)
    assert (caught.value.code, caught.value.target) == ("NotSupported", "properties.keyVaultBaseUri")


@pytest.mark.parametrize(
    ("name", "properties", "code", "target"),
    [
        ("one", None, "InvalidRequestContent", "properties"),
        ("one", {}, "InvalidRequestContent", "properties.domainName"),
        ("one", {"domainName": 1}, "InvalidRequestContent", "properties.domainName"),
        ("one", {"domainName": "localhost"}, "InvalidRequestContent", "properties.domainName"),
        ("one", {"domainName": "*.example.com"}, "InvalidRequestContent", "properties.domainName"),
        ("one", {"domainName": "a.b:80"}, "InvalidRequestContent", "properties.domainName"),
        ("one", {"domainName": "a." * 127 + "b"}, "InvalidRequestContent", "properties.domainName"),
        ("-x", {"domainName": "a.b"}, "InvalidRequestContent", "name"),
        (
            "one",
            {"domainName": "a.b", "customCertificate": "c"},
            "InvalidRequestContent",
            "properties.customCertificate",
        ),
        (
            "one",
            {"domainName": "a.b", "customCertificate": {"id": "cert"}},
            "InvalidRequestContent",
            "properties.customCertificate.id",
        ),
    ],
)
def test_wrong_members_of_domains_are_named(name, properties, code, target):
    with pytest.raises(ResourceError) as caught:
        parse_domain(name, properties)
    assert (caught.value.code, caught.value.target) == (code, target)


def test_a_domain_needs_a_certificate_that_is_there(registry):
    with pytest.raises(ResourceError) as caught:
        with_domain(registry.default, "one", using("other"), NOW)
    assert caught.value.target == "properties.customCertificate.id"


@pytest.mark.parametrize(
    ("properties", "code", "target"),
    [
        ([], "InvalidRequestContent", "properties"),
        ({"keyVaultSecretName": "x"}, "InvalidRequestContent", "properties.keyVaultBaseUri"),
        (
            {"keyVaultBaseUri": "https://v.vault.azure.net/", "keyVaultSecretName": "x"},
            "NotSupported",
            "properties.keyVaultBaseUri",
        ),
        ({"keyVaultBaseUri": "file:"}, "InvalidRequestContent", "properties.keyVaultSecretName"),
        (
            {"keyVaultBaseUri": "file:///", "keyVaultSecretName": "../x"},
            "InvalidRequestContent",
            "properties.keyVaultSecretName",
        ),
        (
            {"keyVaultBaseUri": "file:", "keyVaultSecretName": "x", "keyVaultSecretVersion": "1"},
            "NotSupported",
            "properties.keyVaultSecretVersion",
        ),
    ],
)
def test_wrong_members_of_certificates_are_named(properties, code, target):
    with pytest.raises(ResourceError) as caught:
        parse_certificate("cert", properties)
    assert (caught.value.code, caught.value.target) == (code, target)
