"""The authority over HTTP: discovery, keys, tokens, and each wrong request with its error of RFC 6749."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.http.authority.conftest import MANAGEMENT_SCOPE, SERVICE_SCOPE
from tests.signing import claims_of

from linarite.access.authority import ADMINISTRATOR_CLIENT_ID, TENANT_ID

WELL_KNOWN = ".well-known/openid-configuration"
TOKEN = "/adfs/oauth2/token"


async def test_metadata_is_one_object_with_what_az_reads(http, server):
    answer = await http.get("/metadata/endpoints", params={"api-version": "2022-09-01"})
    document = answer.json()
    assert document["resourceManager"] == server.endpoint
    assert document["authentication"]["loginEndpoint"] == f"{server.endpoint}/adfs"
    assert document["authentication"]["audiences"][0] == "https://management.azure.com"
    assert document["authentication"]["tenant"] == TENANT_ID
    names = {"name", "portal", "graph", "graphAudience", "gallery", "batch", "mediaEndpoint", "suffixes"}
    assert names | {"activeDirectoryDataLake"} <= document.keys()


@pytest.mark.parametrize(
    "path",
    [
        f"/adfs/{WELL_KNOWN}",
        f"/adfs/adfs/v2.0/{WELL_KNOWN}",
        f"/adfs/{TENANT_ID}/v2.0/{WELL_KNOWN}",
        f"/{TENANT_ID}/v2.0/{WELL_KNOWN}",
        f"/{TENANT_ID.upper()}/v2.0/{WELL_KNOWN}",
        f"/common/v2.0/{WELL_KNOWN}",
    ],
)
async def test_every_discovery_path_leads_to_the_same_endpoints(http, server, form, path):
    document = (await http.get(path)).json()
    assert document["issuer"] == f"{server.endpoint}/adfs"
    token = (await http.post(document["token_endpoint"], data=form)).json()["access_token"]
    keys = KeySet.import_key_set((await http.get(document["jwks_uri"])).json())
    claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (document["issuer"], "https://webpubsub.azure.com")
    assert {"authorization_endpoint", "device_authorization_endpoint"} <= document.keys()


async def test_unknown_tenant_is_told(http, form):
    for answer in (
        await http.get(f"/11111111-1111-1111-1111-111111111111/v2.0/{WELL_KNOWN}"),
        await http.post("/contoso.com/oauth2/v2.0/token", data=form),
        await http.get("/contoso.com/discovery/v2.0/keys"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_tenant")


@pytest.mark.parametrize("path", [TOKEN, f"/{TENANT_ID}/oauth2/v2.0/token", "/adfs/oauth2/v2.0/token"])
async def test_good_form_gets_a_token_that_nobody_may_keep(http, form, path):
    answer = await http.post(path, data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert (document["token_type"], document["expires_in"]) == ("Bearer", 3600)
    assert claims_of(document["access_token"])["appid"] == ADMINISTRATOR_CLIENT_ID


async def test_keys_are_there_before_the_first_token(http):
    [key] = (await http.get("/adfs/discovery/keys")).json()["keys"]
    assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        (SERVICE_SCOPE, "https://webpubsub.azure.com"),
        ("https://webpubsub.azure.com//.default", "https://webpubsub.azure.com"),
        (f"openid {SERVICE_SCOPE} offline_access", "https://webpubsub.azure.com"),
        (MANAGEMENT_SCOPE, "https://management.azure.com"),
        ("https://management.azure.com//.default", "https://management.azure.com"),
        ("https://management.core.windows.net//.default", "https://management.azure.com"),
        ("{endpoint}/.default", "https://management.azure.com"),
        ("{endpoint}//.default", "https://management.azure.com"),
    ],
)
async def test_scope_decides_what_the_token_is_for(http, server, form, scope, audience):
    answer = await http.post(TOKEN, data={**form, "scope": scope.format(endpoint=server.endpoint)})
    assert claims_of(answer.json()["access_token"])["aud"] == audience


async def test_resource_of_version_1_is_taken_for_the_scope(http, credentials):
    form = {**credentials, "grant_type": "client_credentials", "resource": "https://webpubsub.azure.com/"}
    answer = await http.post(f"/{TENANT_ID}/oauth2/token", data=form)
    assert claims_of(answer.json()["access_token"])["aud"] == "https://webpubsub.azure.com"


async def test_client_may_authenticate_by_header(http, credentials):
    form = {"grant_type": "client_credentials", "scope": SERVICE_SCOPE}
    pair = f"{credentials['client_id']}:{credentials['client_secret']}"
    good = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    assert (await http.post(TOKEN, data=form, headers=good)).status_code == 200
    wrong = {"Authorization": f"Basic {base64.b64encode(b'a:b').decode()}"}
    answer = await http.post(TOKEN, data=form, headers=wrong)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("change", "status", "error", "words"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", "this secret"),
        ({"client_id": "nobody"}, 401, "invalid_client", "nobody"),
        ({"client_id": ""}, 400, "invalid_request", "client_id: expected"),
        ({"client_secret": None}, 400, "invalid_request", "client_secret: expected"),
        ({"client_assertion": "e30.e30.e30"}, 401, "invalid_client", "certificates"),
        ({"grant_type": None}, 400, "unsupported_grant_type", "got none"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "service principal"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type", "refresh_token"),
        ({"scope": None}, 400, "invalid_scope", "got none"),
        ({"scope": "https://webpubsub.azure.com"}, 400, "invalid_scope", "/.default"),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_scope", "graph"),
        ({"scope": f"{SERVICE_SCOPE} {MANAGEMENT_SCOPE}"}, 400, "invalid_scope", "expected one"),
        ({"scope": "https://webpubsub.azure.com.evil/.default"}, 400, "invalid_scope", "evil"),
        ({"x": "x" * 20_000}, 413, "invalid_request", "at most"),
    ],
)
async def test_wrong_form_is_told_without_its_secret(http, form, change, status, error, words):
    changed = {name: value for name, value in {**form, **change}.items() if value is not None}
    answer = await http.post(TOKEN, data=changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert words in answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    assert form["client_secret"] not in answer.text


@pytest.mark.parametrize("content", [b"", b"\xff", b"a=1&a=2", b"&".join(b"a%d=" % n for n in range(100)), b"{}"])
async def test_body_that_is_no_such_form_is_refused(http, content):
    answer = await http.post(TOKEN, content=content)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


@pytest.mark.parametrize("authorization", ["Basic", "Basic !", "Basic YQ==", "Basic /w==", "Bearer x"])
async def test_header_that_is_none_of_basic_is_refused(http, form, authorization):
    answer = await http.post(TOKEN, data=form, headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["/adfs/oauth2/authorize", "/adfs/oauth2/devicecode"])
async def test_users_are_told_how_to_sign_in(http, path):
    for answer in (await http.get(path), await http.post(path)):
        assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
        assert "az login --service-principal" in answer.json()["error_description"]


async def test_host_that_is_none_is_refused(http):
    for path in ("/metadata/endpoints", f"/adfs/{WELL_KNOWN}"):
        answer = await http.get(path, headers={"Host": "a b"})
        assert answer.status_code == 400


async def test_each_sign_in_leaves_a_line_without_the_secret(http, server, form):
    await http.post(TOKEN, data=form)
    await http.post(TOKEN, data={**form, "client_secret": "wrong-secret"})
    for name, status in (("audit.log", 200), ("audit-refused.log", 401)):
        text = (server.settings.data_folder / name).read_text()
        [line] = [json.loads(line) for line in text.splitlines()]
        assert (line["event"], line["caller"]) == ("sign-in", ADMINISTRATOR_CLIENT_ID)
        assert (line["status"], line["client"]) == (status, "127.0.0.1")
        assert form["client_secret"] not in text
        assert "wrong-secret" not in text
