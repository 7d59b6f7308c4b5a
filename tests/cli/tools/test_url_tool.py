"""`linarite url`: what it prints lets a client in."""

import json
import time

from websockets.sync.client import connect
from websockets.typing import Subprotocol


def test_a_client_connects_with_it_as_that_user_and_in_those_groups(tool, server, name):
    url = tool("url", "--hub", "chat", "--user", "ann", "--group", name).output.strip()

    with connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")], proxy=None) as client:
        assert json.loads(client.recv())["userId"] == "ann"
        assert server.has_member("chat", name)


def test_json_tells_the_parts_of_it(tool, server):
    [document] = tool("url", "--hub", "chat", "--minutes", "5", "--json").documents

    assert document["url"] == f"{document['baseUrl']}?access_token={document['token']}"
    assert document["baseUrl"] == f"ws{server.http.removeprefix('http')}/client/hubs/chat"
    assert abs(document["expiresAt"] - time.time() - 300) < 60
