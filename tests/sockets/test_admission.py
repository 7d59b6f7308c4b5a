"""Whatever a client writes into its request is let in or refused, and nothing else happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linarite.access.entrance import Entrance
from linarite.resources.development import ensure_development_resource
from linarite.resources.registry import Registry
from linarite.resources.sqlite import SqliteStore
from linarite.sockets.admission import Admission, ConnectionRequest, Refused, admit

PATHS = st.one_of(
    st.text("/%client.hubs?#0aA \u00e9\x00", max_size=30),
    st.builds("/client/hubs/{}".format, st.text("abAB1%_`,.[]-/2Ff", max_size=140)),
    st.sampled_from(["/client", "/client/", "//client//hubs//chat", "/client/hubs/%", "/client/hubs/%2e%2e"]),
)
QUERIES = st.one_of(
    st.text(max_size=80),
    st.builds(
        "{}={}&{}={}".format,
        st.sampled_from(["hub", "access_token", "webpubsub_mode", "group", "noEcho"]),
        st.text("chat.%0g=&", max_size=20),
        st.sampled_from(["hub", "access_token", "webpubsub_mode", "group", "noEcho"]),
        st.text("chat.%0g=&", max_size=20),
    ),
)
HOSTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["localhost:8080", "[::1]:80", "linarite.localhost", "", ":", "a:b:c"])
)
AUTHORIZATIONS = st.one_of(
    st.none(), st.text(max_size=40), st.builds("Bearer {}".format, st.text("ey.J=_-", max_size=40))
)


@pytest.fixture(scope="module")
def entrance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrance]:
    with closing(SqliteStore(tmp_path_factory.mktemp("store") / "linarite.db")) as store:
        registry = Registry(store, "linarite")
        resource = ensure_development_resource(registry)
        body = {"properties": {"anonymousConnectPolicy": "allow"}}
        registry.put_hub(resource.resource_group, resource.name, "a", body)
        yield Entrance(registry, time.time, domain="localhost", public_endpoint=None)


@given(PATHS, QUERIES, HOSTS, AUTHORIZATIONS)
@example("/client/hubs/a", "", "localhost", None)
def test_any_request_is_admitted_or_refused(
    entrance: Entrance, path: str, query: str, host: str, authorization: str | None
) -> None:
    outcome = outcome_of(ConnectionRequest(path, query, host, authorization), entrance)
    if isinstance(outcome, Admission):
        assert outcome.hub == "a"  # the one hub that asks for no token
    else:
        assert outcome.status in (400, 401, 404)
        headers = "".join(outcome.headers.values()).encode("latin-1")
        assert not {*b"\r\n\x00"} & {*headers}


def outcome_of(request: ConnectionRequest, entrance: Entrance) -> Admission | Refused:
    try:
        return admit(request, entrance, groups_limit=100)
    except Refused as refused:
        return refused
