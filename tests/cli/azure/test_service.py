"""`webpubsub service` against a server with a client that is connected."""

import json

import pytest

TIMEOUT_SECONDS = 10


@pytest.fixture
def anna(az, resource, connected_client):
    """The client of user anna in hub chat, its id, and the running of `webpubsub service` on that hub."""
    string = az(f"webpubsub key show {resource} --query primaryConnectionString -o tsv").output
    with connected_client(string, "chat", sub="anna") as (client, connection_id):

        def service(words):
            outcome = az(f"webpubsub service {words} {resource} --hub-name chat")
            assert outcome.exit_code == 0, outcome.errors
            return outcome

        yield client, connection_id, service


def data(client):
    message = json.loads(client.recv(TIMEOUT_SECONDS))
    assert (message["type"], message["dataType"]) == ("message", "text")
    return message["data"]


def test_messages_reach_their_receivers(anna):
    client, connection_id, service = anna
    for words in (
        "broadcast --payload all",
        f"connection send --connection-id {connection_id} --payload one",
        "user send --user-id anna --payload user",
    ):
        assert service(words).output == ""
    assert [data(client) for _ in range(3)] == ["all", "one", "user"]


def test_connections_and_users_join_and_leave_groups(anna):
    client, connection_id, service = anna
    for join, leave in (
        (
            f"group add-connection --connection-id {connection_id}",
            f"group remove-connection --connection-id {connection_id}",
        ),
        ("group add-user --user-id anna", "group remove-user --user-id anna"),
    ):
        service(f"{join} --group-name g")
        service("group send --group-name g --payload member")
        service(f"{leave} --group-name g")
        service("group send --group-name g --payload nobody")
        service("broadcast --payload end")
        assert [data(client), data(client)] == ["member", "end"]
    service("group add-user --user-id anna --group-name g")
    service("group remove-user --user-id anna")
    service("group send --group-name g --payload nobody")
    service("broadcast --payload end")
    assert data(client) == "end"


def test_existence_is_told_as_an_object(anna):
    _client, connection_id, service = anna
    assert service(f"connection exist --connection-id {connection_id}").document == {"existence": True}
    assert service("connection exist --connection-id none").document == {"existence": False}
    assert service("user exist --user-id anna").document == {"existence": True}
    assert service("user exist --user-id bert --query existence").output == "false\n"


def test_permissions_are_granted_and_revoked(anna):
    client, connection_id, service = anna
    words = f"--connection-id {connection_id} --group-name g --permission"
    assert service(f"permission check {words} sendToGroup").document == {"existence": False}
    assert service(f"permission grant {words} SENDTOGROUP").output == ""
    assert service(f"permission check {words} sendToGroup").document == {"existence": True}
    assert service(f"permission check {words} joinLeaveGroup").document == {"existence": False}
    client.send(json.dumps({"type": "sendToGroup", "group": "g", "dataType": "text", "data": "x", "ackId": 1}))
    assert json.loads(client.recv(TIMEOUT_SECONDS)) == {"type": "ack", "ackId": 1, "success": True}
    service(f"permission revoke {words} sendToGroup")
    assert service(f"permission check {words} sendToGroup").document == {"existence": False}


def test_a_connection_is_closed(anna):
    client, connection_id, service = anna
    service(f"connection close --connection-id {connection_id}")
    assert [json.loads(message)["event"] for message in client] == ["disconnected"]
    assert client.close_code == 1000
    assert service(f"connection exist --connection-id {connection_id}").document == {"existence": False}


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        ("group add-user --user-id nobody --group-name g", 3, "ERROR: (Warning.User.NotExisted) "),
        ("group add-connection --connection-id none --group-name g", 3, "ERROR: (Error.Connection.NotExisted) "),
        ("permission grant --connection-id c --group-name g --permission sendToGroup", 3, "ERROR: ("),
        ("group add-user --user-id u", 2, "the following arguments are required: --group-name"),
        ("permission grant --connection-id c --group-name g --permission all", 2, "'all' is not a valid value"),
        ("broadcast", 2, "the following arguments are required: --payload"),
    ],
)
def test_what_cannot_be_done_is_told(az, resource, words, exit_code, message):
    outcome = az(f"webpubsub service {words} {resource} --hub-name chat")
    assert (outcome.exit_code, outcome.output) == (exit_code, "")
    assert message in outcome.errors


def test_a_resource_that_does_not_exist_is_told(az):
    outcome = az("webpubsub service broadcast -n none -g linarite --hub-name chat --payload x")
    assert (outcome.exit_code, outcome.output) == (3, "")
    assert outcome.errors.startswith("ERROR: (ResourceNotFound) ")


def test_a_resource_without_access_keys_is_told(az, resource):
    az(f"webpubsub update {resource} --disable-local-auth true")
    outcome = az(f"webpubsub service broadcast {resource} --hub-name chat --payload x")
    assert (outcome.exit_code, outcome.output) == (1, "")
    assert outcome.errors.startswith(f"ERROR: The access keys of resource '{resource.split()[1]}' are disabled")


def test_a_call_over_https_trusts_the_development_authority(command, server_folder):
    address = json.loads((server_folder / "server.json").read_text())["https"]
    words = "webpubsub service user exist -n linarite -g linarite --hub-name chat --user-id anna"
    outcome = command(*words.split(), "--endpoint", address, "--data-folder", str(server_folder))
    assert (outcome.exit_code, outcome.document) == (0, {"existence": False}), outcome.errors
