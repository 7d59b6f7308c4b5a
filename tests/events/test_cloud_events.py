"""What an event looks like on its way out."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linarite.events.cloud_events import (
    ClientCertificate,
    ConnectRequest,
    Event,
    EventKind,
    InvalidEvent,
    connect_body,
    event_headers,
    group_body,
    reason_body,
    signature,
    validation_headers,
)


def make_event(**members) -> Event:
    facts = {
        "kind": EventKind.SYSTEM,
        "name": "connected",
        "hub": "chat",
        "connection_id": "conn1",
        "origin": "svc.example.com",
        "event_id": 1,
        "at": 1_767_225_600.9,
        "request_id": "2f0e",
        "content_type": "application/json; charset=utf-8",
        "body": b"{}",
    }
    return Event(**(facts | members))


def headers_of(**members) -> dict[str, str]:
    return dict(event_headers(make_event(**members), "sha256=ab"))


def test_event_has_every_common_header():
    assert headers_of() == {
        "WebHook-Request-Origin": "svc.example.com",
        "Content-Type": "application/json; charset=utf-8",
        "ce-awpsversion": "1.0",
        "ce-specversion": "1.0",
        "ce-type": "azure.webpubsub.sys.connected",
        "ce-source": "/hubs/chat/client/conn1",
        "ce-id": "1",
        "ce-time": "2026-01-01T00:00:00Z",
        "ce-hub": "chat",
        "ce-connectionId": "conn1",
        "ce-eventName": "connected",
        "ce-signature": "sha256=ab",
        "x-ms-client-request-id": "2f0e",
    }


def test_event_that_no_key_may_sign_has_no_signature():
    assert "ce-signature" not in dict(event_headers(make_event(), ""))


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        (EventKind.SYSTEM, "disconnected", "azure.webpubsub.sys.disconnected"),
        (EventKind.PRESENCE, "joined", "azure.webpubsub.gp.joined"),
        (EventKind.USER, "Order.Placed", "azure.webpubsub.user.Order.Placed"),
    ],
)
def test_type_says_who_raised_the_event_and_keeps_the_names_case(kind, name, expected):
    assert headers_of(kind=kind, name=name)["ce-type"] == expected


def test_user_id_subprotocol_and_state_are_sent_when_there_are_any():
    sent = headers_of(user_id="alice", subprotocol="json.webpubsub.azure.v1", state="eyJrIjoxfQ==")
    assert sent["ce-userId"] == "alice"
    assert sent["ce-subprotocol"] == "json.webpubsub.azure.v1"
    assert sent["ce-connectionState"] == "eyJrIjoxfQ=="


@pytest.mark.parametrize("user_id", [None, ""])
def test_an_empty_user_id_is_left_out(user_id):
    assert "ce-userId" not in headers_of(user_id=user_id)


def test_an_empty_state_is_sent_as_an_empty_header():
    assert headers_of(state="")["ce-connectionState"] == ""


def test_user_id_may_be_any_text():
    assert headers_of(user_id="用户")["ce-userId"] == "用户"


@pytest.mark.parametrize("user_id", ["a\nX-Evil: 1", "a\rb", "\x00", "\x7f", "\ud800"])
def test_a_user_id_that_no_header_can_carry_is_refused(user_id):
    with pytest.raises(InvalidEvent, match="user id"):
        headers_of(user_id=user_id)


@pytest.mark.parametrize(
    "members",
    [{"state": "é"}, {"metadata": {"k": "ü"}}, {"metadata": {"k": "a\nb"}}, {"subprotocol": "a\r\nb"}, {"origin": "ö"}],
)
def test_other_headers_are_printable_ascii_or_the_event_is_not_sent(members):
    with pytest.raises(InvalidEvent, match="printable ASCII"):
        headers_of(**members)


def test_metadata_keys_are_lower_case_and_the_last_of_equal_ones_counts():
    sent = headers_of(metadata={"Trace": "1", "other": "x", "trace": "2"})
    assert {name: value for name, value in sent.items() if "metadata" in name} == {
        "x-webpubsub-metadata-trace": "2",
        "x-webpubsub-metadata-other": "x",
    }


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("abc", "1dfafa3c3f4b8f75ebe141d1510faf618d27c0a46b40ad69481a46462422ef64"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH",
            "8de7281e588e23b0a30a7180ffa240257b8176e983004c240c9f3f7a7233c993",
        ),
    ],
)
def test_signature_is_the_hmac_of_the_connection_id_by_the_keys_text(key, expected):
    assert signature([key], "conn1") == f"sha256={expected}"


def test_signature_has_an_entry_for_each_key_the_primarys_first():
    one, two = signature(["abc"], "conn1"), signature(["def"], "conn1")
    assert signature(["abc", "def"], "conn1") == f"{one},{two}"
    assert signature(["abc", ""], "conn1") == one


def test_validation_names_the_origin_and_the_version_and_nothing_else():
    assert validation_headers("svc.example.com") == [
        ("WebHook-Request-Origin", "svc.example.com"),
        ("ce-awpsversion", "1.0"),
    ]
    with pytest.raises(InvalidEvent):
        validation_headers("a\r\nb")


def test_bodies_of_system_and_presence_events_are_json():
    assert json.loads(reason_body('the "end"')) == {"reason": 'the "end"'}
    assert json.loads(group_body("räume")) == {"group": "räume"}


def connect_document(legacy_claim_names=True, **members):
    facts = {"claims": {}, "query": [], "headers": [], "subprotocols": []}
    request = ConnectRequest(**(facts | members))
    return json.loads(connect_body(request, legacy_claim_names=legacy_claim_names))


def test_connect_body_of_a_bare_client_has_all_members():
    assert connect_document() == {
        "claims": {},
        "query": {},
        "headers": {},
        "subprotocols": [],
        "clientCertificates": [],
    }


def test_connect_body_has_lists_of_texts_everywhere():
    document = connect_document(
        claims={"custom": ["one", "two"], "exp": 12, "admin": True, "address": {"city": "x"}, "nothing": None},
        query=[("tag", "a"), ("other", ""), ("tag", "b")],
        headers=[("X-Custom", "1"), ("x-custom", "2")],
        subprotocols=["json.webpubsub.azure.v1", "custom"],
    )
    assert document["claims"] == {
        "custom": ["one", "two"],
        "exp": ["12"],
        "admin": ["true"],
        "address": ['{"city":"x"}'],
        "nothing": [""],
    }
    assert document["query"] == {"tag": ["a", "b"], "other": [""]}
    assert document["headers"] == {"X-Custom": ["1", "2"]}
    assert document["subprotocols"] == ["json.webpubsub.azure.v1", "custom"]


def test_connect_body_hides_the_clients_credentials_but_not_its_cookies():
    document = connect_document(
        query=[("Access_Token", "secret"), ("a", "1")],
        headers=[("AUTHORIZATION", "Bearer secret"), ("cookie", "a=b"), ("host", "svc.example.com")],
    )
    assert document["query"] == {"a": ["1"]}
    assert document["headers"] == {"Cookie": ["a=b"], "Host": ["svc.example.com"]}


def test_connect_body_repeats_role_and_user_id_under_the_names_of_dotnet():
    claims = connect_document(claims={"sub": "alice", "role": ["r1", "r2"]})["claims"]
    assert claims == {
        "sub": ["alice"],
        "role": ["r1", "r2"],
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/role": ["r1", "r2"],
        "nameid": ["alice"],
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": ["alice"],
    }


def test_connect_body_can_do_without_the_names_of_dotnet():
    assert connect_document(False, claims={"sub": "alice"})["claims"] == {"sub": ["alice"]}


def test_certificate_has_its_sha1_thumbprint_and_pem_text():
    der = bytes(range(100))
    certificate = ClientCertificate.from_der(der)
    assert certificate.thumbprint == hashlib.sha1(der).hexdigest().upper()
    assert certificate.content.startswith("-----BEGIN CERTIFICATE-----\r\nAAEC")
    assert certificate.content.endswith("\r\n-----END CERTIFICATE-----")
    assert max(map(len, certificate.content.split("\r\n"))) == 64
    document = connect_document(certificates=[certificate])
    assert document["clientCertificates"] == [{"thumbprint": certificate.thumbprint, "content": certificate.content}]


@given(state=st.text(), user_id=st.text(), key=st.text(min_size=1), value=st.text())
def test_no_text_of_a_client_or_handler_makes_a_header_line_of_its_own(state, user_id, key, value):
    try:
        sent = event_headers(make_event(state=state, user_id=user_id, metadata={key: value}), "s")
    except InvalidEvent:
        return
    assert not any(character in text for _, text in sent for character in "\r\n\x00")
