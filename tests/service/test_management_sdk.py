"""The official management clients, unmodified but for endpoint and credential, in both forms of long operations: every
operation of azure-mgmt-webpubsub, and @azure/arm-webpubsub by tests/javascript/arm.test.js.
"""

from __future__ import annotations

import inspect
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.webpubsub import WebPubSubManagementClient, models
from azure.mgmt.webpubsub import operations as operation_groups
from tests.resources.certificate_files import write_certificate
from tests.service.conftest import JAVASCRIPT_TESTS, SDK, ServerProcess, install, run_to_end, serving

from linarite.access.administrator import administrator_token

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "linarite"
STANDARD = models.ResourceSku(name="Standard_S1", capacity=1)
LOCATION = "local"

# Every public method, and in which test it is called.
METHODS = {
    "Operations": {"list"},
    "UsagesOperations": {"list"},
    "WebPubSubOperations": {
        "begin_create_or_update",
        "begin_delete",
        "begin_regenerate_key",
        "begin_restart",
        "begin_update",
        "check_name_availability",
        "get",
        "list_by_resource_group",
        "list_by_subscription",
        "list_keys",
        "list_replica_skus",
        "list_skus",
    },
    "WebPubSubCustomCertificatesOperations": {"begin_create_or_update", "delete", "get", "list"},
    "WebPubSubCustomDomainsOperations": {"begin_create_or_update", "begin_delete", "get", "list"},
    "WebPubSubHubsOperations": {"begin_create_or_update", "begin_delete", "get", "list"},
    "WebPubSubPrivateEndpointConnectionsOperations": {"begin_delete", "get", "list", "update"},
    "WebPubSubPrivateLinkResourcesOperations": {"list"},
    "WebPubSubReplicasOperations": {
        "begin_create_or_update",
        "begin_restart",
        "begin_update",
        "delete",
        "get",
        "list",
    },
    "WebPubSubReplicaSharedPrivateLinkResourcesOperations": {"begin_create_or_update", "get", "list"},
    "WebPubSubSharedPrivateLinkResourcesOperations": {"begin_create_or_update", "begin_delete", "get", "list"},
}


class Credential:
    """The administrator's credential as a token that never changes."""

    def __init__(self, server: ServerProcess) -> None:
        self.token = administrator_token(server.http.authority.parents[1])

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)


@pytest.fixture(scope="module", params=["synchronous", "asynchronous"])
def managed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own for each form of long-running operations."""
    certificates: Path = tmp_path_factory.mktemp("certificates")
    write_certificate(certificates / "site.pem", "pubsub.example.com")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LINARITE_CUSTOM_CERTIFICATES_FOLDER", str(certificates))
        if request.param == "asynchronous":
            environment.setenv("LINARITE_MANAGEMENT_OPERATION_SECONDS", "0.1")
        with serving(tmp_path_factory.mktemp(request.param)) as server:
            yield server


@pytest.fixture(scope="module")
def client(managed: ServerProcess) -> Iterator[WebPubSubManagementClient]:
    with WebPubSubManagementClient(
        Credential(managed),
        SUBSCRIPTION,
        base_url=managed.https.url,
        connection_verify=str(managed.https.authority),
        polling_interval=0,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def name(client: WebPubSubManagementClient) -> Iterator[str]:
    """A resource for all tests, each of which sees to its own part of it."""
    name = f"sdk-{uuid.uuid4().hex[:8]}"
    client.web_pub_sub.begin_create_or_update(GROUP, name, a_resource()).result()
    yield name
    client.web_pub_sub.begin_delete(GROUP, name).result()


def a_resource(**members: object) -> models.WebPubSubResource:
    return models.WebPubSubResource(location=LOCATION, sku=STANDARD, **members)


def refusal(call: object, *arguments: object) -> tuple[int, str]:
    """Status and code of the error that a call ends with."""
    with pytest.raises(HttpResponseError) as caught:
        call(*arguments)  # type: ignore[operator]
    assert caught.value.error is not None
    return caught.value.status_code, caught.value.error.code


def test_these_tests_know_every_operation():
    found = {
        group: {name for name, _ in inspect.getmembers(getattr(operation_groups, group), inspect.isfunction)}
        for group in operation_groups.__all__
    }
    public = {group: {name for name in names if not name.startswith("_")} for group, names in found.items()}
    assert public == METHODS


# The resource


def test_a_resource_is_made_changed_shown_listed_and_deleted(client):
    name = f"sdk-{uuid.uuid4().hex[:8]}"
    resources = client.web_pub_sub
    made = resources.begin_create_or_update(GROUP, name, a_resource(tags={"key": "value"})).result()
    assert (made.name, made.provisioning_state, made.sku.tier, made.tags) == (
        name,
        "Succeeded",
        "Standard",
        {"key": "value"},
    )
    scaled = a_resource()
    scaled.sku = models.ResourceSku(name="Standard_S1", capacity=2)
    assert resources.begin_create_or_update(GROUP, name, scaled).result().sku.capacity == 2
    changed = resources.begin_update(GROUP, name, a_resource(tags={"new": "tag"})).result()
    assert changed.tags == {"new": "tag"}
    shown = resources.get(GROUP, name)
    assert (shown.tags, shown.provisioning_state) == ({"new": "tag"}, "Succeeded")
    assert name in [one.name for one in resources.list_by_resource_group(GROUP)]
    assert name in [one.name for one in resources.list_by_subscription()]
    assert resources.begin_delete(GROUP, name).result() is None
    with pytest.raises(ResourceNotFoundError):
        resources.get(GROUP, name)
    assert resources.begin_delete(GROUP, name).result() is None


def test_network_rules_are_set_and_shown(client, name):
    rules = models.WebPubSubNetworkACLs(
        default_action="Deny",
        public_network=models.NetworkACL(allow=["ClientConnection"]),
        ip_rules=[models.IPRule(value="10.0.0.0/8", action="Deny")],
    )
    after = client.web_pub_sub.begin_update(GROUP, name, a_resource(network_ac_ls=rules)).result()
    assert after.network_ac_ls.public_network.allow == ["ClientConnection"]
    assert [one.value for one in after.network_ac_ls.ip_rules] == ["10.0.0.0/8"]


def test_keys_are_listed_and_made_anew(client, name):
    before = client.web_pub_sub.list_keys(GROUP, name)
    assert before.primary_connection_string.startswith("Endpoint=https://localhost:")
    parameters = models.RegenerateKeyParameters(key_type="Primary")
    made = client.web_pub_sub.begin_regenerate_key(GROUP, name, parameters).result()
    after = client.web_pub_sub.list_keys(GROUP, name)
    # The asynchronous form has no keys in its result, as in the service.
    assert made in (after, None)
    assert after.primary_key != before.primary_key
    assert after.secondary_key == before.secondary_key


def test_a_resource_is_restarted(client, name):
    assert client.web_pub_sub.begin_restart(GROUP, name).result() is None


def test_skus_usages_operations_and_names(client, name):
    skus = client.web_pub_sub.list_skus(GROUP, name).value
    assert [one.sku.name for one in skus] == ["Free_F1", "Standard_S1", "Premium_P1", "Premium_P2"]
    usages = {one.name.value: one.current_value for one in client.usages.list(LOCATION)}
    assert usages["WebPubSubTotalUnits"] >= 1
    assert "Microsoft.SignalRService/WebPubSub/write" in [one.name for one in client.operations.list()]
    for asked, is_available, reason in (("free-name", True, None), (name, False, "AlreadyExists")):
        parameters = models.NameAvailabilityParameters(type="Microsoft.SignalRService/webPubSub", name=asked)
        answer = client.web_pub_sub.check_name_availability(LOCATION, parameters)
        assert (answer.name_available, answer.reason) == (is_available, reason)


def test_what_is_wrong_reaches_the_caller(client, name):
    wrong = models.WebPubSubResource(location=LOCATION, sku=models.ResourceSku(name="Gold"))
    with pytest.raises(HttpResponseError) as caught:
        client.web_pub_sub.begin_create_or_update(GROUP, name, wrong)
    assert (caught.value.error.code, caught.value.error.target) == ("InvalidSku", "sku.name")


# Hubs


def test_hubs_are_made_shown_listed_and_deleted(client, name):
    hubs = client.web_pub_sub_hubs
    properties = models.WebPubSubHubProperties(
        anonymous_connect_policy="allow",
        web_socket_keep_alive_interval_in_seconds=50,
        event_handlers=[
            models.EventHandler(
                url_template="http://127.0.0.1:9/{event}", user_event_pattern="*", system_events=["connect"]
            )
        ],
    )
    made = hubs.begin_create_or_update("Chat", GROUP, name, models.WebPubSubHub(properties=properties)).result()
    assert made.properties.event_handlers[0].url_template == "http://127.0.0.1:9/{event}"
    shown = hubs.get("chat", GROUP, name)
    assert (shown.name, shown.properties.web_socket_keep_alive_interval_in_seconds) == ("Chat", 50)
    assert [one.name for one in hubs.list(GROUP, name)] == ["Chat"]
    assert hubs.begin_delete("chat", GROUP, name).result() is None
    assert list(hubs.list(GROUP, name)) == []
    assert hubs.begin_delete("chat", GROUP, name).result() is None


# Custom domains and certificates


def test_custom_certificates_and_domains_come_and_go(client, name):
    certificates, domains = client.web_pub_sub_custom_certificates, client.web_pub_sub_custom_domains
    certificate = models.CustomCertificate(key_vault_base_uri="file:", key_vault_secret_name="site")
    made = certificates.begin_create_or_update(GROUP, name, "cert", certificate).result()
    assert certificates.get(GROUP, name, "cert") == made
    assert [one.name for one in certificates.list(GROUP, name)] == ["cert"]

    domain = models.CustomDomain(
        domain_name=f"{name}.example.com", custom_certificate=models.ResourceReference(id=made.id)
    )
    known = domains.begin_create_or_update(GROUP, name, "one", domain).result()
    assert (known.domain_name, known.custom_certificate.id) == (f"{name}.example.com", made.id)
    assert domains.get(GROUP, name, "one") == known
    assert [one.name for one in domains.list(GROUP, name)] == ["one"]

    assert refusal(certificates.delete, GROUP, name, "cert") == (409, "CertificateInUse")
    assert domains.begin_delete(GROUP, name, "one").result() is None
    assert certificates.delete(GROUP, name, "cert") is None
    assert list(certificates.list(GROUP, name)) == []


# What only the platform has


def test_private_links_are_none_and_refused_with_the_reason(client, name):
    endpoints, shared = (
        client.web_pub_sub_private_endpoint_connections,
        client.web_pub_sub_shared_private_link_resources,
    )
    assert list(endpoints.list(GROUP, name)) == []
    assert list(client.web_pub_sub_private_link_resources.list(GROUP, name)) == []
    assert list(shared.list(GROUP, name)) == []
    assert refusal(endpoints.get, "one", GROUP, name) == (404, "NotFound")
    assert refusal(shared.get, "one", GROUP, name) == (404, "NotFound")
    connection = models.PrivateEndpointConnection()
    assert refusal(endpoints.update, "one", GROUP, name, connection) == (400, "NotSupported")
    link = models.SharedPrivateLinkResource(group_id="sites", private_link_resource_id="/x")
    assert refusal(shared.begin_create_or_update, "one", GROUP, name, link) == (400, "NotSupported")
    assert endpoints.begin_delete("one", GROUP, name).result() is None
    assert shared.begin_delete("one", GROUP, name).result() is None


def test_replicas_are_none_and_refused_with_the_reason(client, name):
    replicas, links = client.web_pub_sub_replicas, client.web_pub_sub_replica_shared_private_link_resources
    replica = models.Replica(location="westus")
    assert list(replicas.list(GROUP, name)) == []
    assert refusal(replicas.get, GROUP, name, "one") == (404, "NotFound")
    assert refusal(replicas.begin_create_or_update, GROUP, name, "one", replica) == (400, "NotSupported")
    assert refusal(replicas.begin_update, GROUP, name, "one", replica) == (400, "NotSupported")
    assert refusal(replicas.begin_restart, GROUP, name, "one") == (404, "NotFound")
    assert replicas.delete(GROUP, name, "one") is None
    assert refusal(client.web_pub_sub.list_replica_skus, GROUP, name, "one") == (404, "NotFound")
    assert refusal(lambda: list(links.list(GROUP, name, "one"))) == (404, "NotFound")
    assert refusal(links.get, GROUP, name, "one", "link") == (404, "NotFound")
    link = models.SharedPrivateLinkResource(group_id="sites", private_link_resource_id="/x")
    assert refusal(links.begin_create_or_update, GROUP, name, "one", "link", link) == (404, "NotFound")


# The way to the server


class PlainCredential(SansIOHTTPPolicy):  # type: ignore[type-arg]
    """Sends the credential over http, which the client's own policy refuses."""

    def __init__(self, token: str) -> None:
        self.token = token

    def on_request(self, request: object) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"  # type: ignore[attr-defined]


def test_http_needs_a_policy_that_sends_the_credential(managed):
    credential = Credential(managed)
    policy = PlainCredential(credential.token)
    with WebPubSubManagementClient(
        credential, SUBSCRIPTION, base_url=managed.http.url, authentication_policy=policy
    ) as plain:
        assert plain.web_pub_sub.get(GROUP, "linarite").name == "linarite"


def test_another_credential_is_refused(managed):
    with WebPubSubManagementClient(
        Credential(managed),
        SUBSCRIPTION,
        base_url=managed.http.url,
        authentication_policy=PlainCredential("another credential"),
    ) as stranger:
        assert refusal(stranger.web_pub_sub.get, GROUP, "linarite")[0] == 401


def test_the_javascript_client_works_with_this_form(managed):
    install(SDK)
    install(JAVASCRIPT_TESTS)
    environment = os.environ | {
        "LINARITE_HTTP_CONNECTION_STRING": managed.http.connection_string,
        "LINARITE_HTTPS_CONNECTION_STRING": managed.https.connection_string,
        "LINARITE_ADMINISTRATOR_TOKEN": Credential(managed).token,
        "NODE_EXTRA_CA_CERTS": str(managed.https.authority),
    }
    finished = run_to_end(["node", "--test", "arm.test.js"], JAVASCRIPT_TESTS, environment)
    assert finished.returncode == 0, finished.stdout
