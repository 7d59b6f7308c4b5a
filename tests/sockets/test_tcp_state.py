"""The age of the last data on a TCP connection."""

from __future__ import annotations

import math
import socket
import sys

import pytest
from tests.running_server import eventually

from linarite.sockets.tcp_state import seconds_since_data


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
async def test_data_makes_a_connection_young_again() -> None:
    client, server = tcp_pair()
    with client, server:
        client.send(b"x")
        await eventually(lambda: seconds_since_data(server) > 0.05)
        client.send(b"x")
        await eventually(lambda: seconds_since_data(server) < 0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_a_connection_that_is_gone_is_infinitely_old() -> None:
    with socket.socket() as connection:
        pass
    assert seconds_since_data(connection) == math.inf
