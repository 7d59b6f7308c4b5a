"""Replicas and identities, which a self-hosted server cannot have, and domains and certificates, which it has."""

import pytest


@pytest.mark.parametrize(
    ("line", "exit_code", "code"),
    [
        ("replica create --replica-name west -l westus --sku Premium_P1", 1, "NotSupported"),
        ("replica start --replica-name west", 3, "NotFound"),
        ("replica stop --replica-name west", 3, "NotFound"),
        ("replica restart --replica-name west", 3, "NotFound"),
        ("replica update --replica-name west --unit-count 2", 3, "NotFound"),
        ("identity assign --identity [system]", 1, "NotSupported"),
        ("identity assign --identity /subscriptions/s/resourceGroups/g", 1, "NotSupported"),
        ("update --set kind=SocketIO", 1, "NotSupported"),
    ],
)
def test_what_only_the_platform_has_is_refused(az, resource, line, exit_code, code):
    outcome = az(f"webpubsub {line} {resource}")
    assert (outcome.exit_code, outcome.output) == (exit_code, "")
    assert outcome.errors.startswith(f"ERROR: ({code}) ")


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("replica list", "[]\n"),
        ("replica show --replica-name west", ""),
        ("replica delete --replica-name west", ""),
        ("identity show", ""),
        ("identity remove --query identity", ""),
    ],
)
def test_there_is_none_of_it(az, resource, line, output):
    outcome = az(f"webpubsub {line} {resource}")
    assert (outcome.exit_code, outcome.output, outcome.errors) == (0, output, "")


@pytest.mark.parametrize(
    "line", ["create {} --sku Standard_S1 --service-mode Default", "update {} --service-mode Default"]
)
def test_a_service_mode_is_for_socket_io(az, resource, line):
    outcome = az("webpubsub " + line.format(resource))
    assert (outcome.exit_code, outcome.output) == (2, "")
    assert outcome.errors == "ERROR: --service-mode is for resources of kind SocketIO.\n"


def test_a_custom_domain_with_its_certificate(az, resource, group):
    name = resource.split()[1]
    custom = f"--webpubsub-name {name} -g {group}"
    created = az(
        f"webpubsub custom-certificate create {custom} --certificate-name cert --key-vault-base-uri file: "
        "--key-vault-secret-name server"
    ).document
    assert (created["name"], created["keyVaultSecretName"]) == ("cert", "server")
    assert (created["provisioningState"], created["resourceGroup"]) == ("Succeeded", group)
    assert az(f"webpubsub custom-certificate show {custom} --certificate-name cert").document == created
    assert az(f"webpubsub custom-certificate list -n {name} -g {group}").document == [created]
    host = f"{name}.example.com"
    domain = az(
        f"webpubsub custom-domain create {custom} --name mine --domain-name {host} "
        f"--certificate-resource-id {created['id']}"
    ).document
    assert (domain["domainName"], domain["customCertificate"]["id"]) == (host, created["id"])
    assert domain["customCertificate"]["resourceGroup"] == group
    assert az(f"webpubsub custom-domain show {custom} --name mine").document == domain
    assert az(f"webpubsub custom-domain list {custom}").document == [domain]
    refused = az(f"webpubsub custom-certificate delete {custom} --certificate-name cert")
    assert (refused.exit_code, "(CertificateInUse)" in refused.errors) == (1, True)
    for line in (
        f"custom-domain delete {custom} --name mine",
        f"custom-certificate delete {custom} --certificate-name cert",
    ):
        deleted = az(f"webpubsub {line}")
        assert (deleted.exit_code, deleted.output) == (0, "")
    assert az(f"webpubsub custom-domain list {custom}").document == []
    missing = az(f"webpubsub custom-domain show {custom} --name mine")
    assert (missing.exit_code, missing.output) == (3, "")


def test_a_key_vault_is_refused(az, resource, group):
    refused = az(
        f"webpubsub custom-certificate create {resource} --certificate-name c --key-vault-base-uri https://v.example "
        "--key-vault-secret-name s"
    )
    assert refused.exit_code == 1
    assert refused.errors.startswith("ERROR: (NotSupported) ")
