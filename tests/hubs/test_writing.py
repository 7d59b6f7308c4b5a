"""The same bytes to many sockets: whole, in order, and past those that do not take them."""

import os
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from linarite.hubs.connection import Connection
from linarite.hubs.writing import write_each


class Receiver:
    """One end of a pair of sockets as delivery sees it, the other as its client; what the transport got is kept."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.by_transport = b""
        self.connection = cast(Connection, SimpleNamespace(descriptor=self.near.fileno(), write=self._take))

    def _take(self, frames: bytes) -> None:
        self.by_transport += frames

    def fill(self) -> int:
        """Let the client not read until the socket takes no more; how much that was."""
        total = 0
        try:
            while True:
                total += self.near.send(b"x" * 65536)
        except BlockingIOError:
            return total

    def received(self) -> bytes:
        """What the client finds without waiting."""
        self.far.setblocking(False)
        try:
            return self.far.recv(1 << 20)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Give both ends back."""
        self.near.close()
        self.far.close()


@pytest.fixture
def receivers() -> Iterator[list[Receiver]]:
    made = [Receiver() for _ in range(5)]
    yield made
    for receiver in made:
        receiver.close()


def _write(receivers: list[Receiver], frames: bytes) -> None:
    write_each([receiver.connection for receiver in receivers], frames)


def test_every_socket_gets_the_frames_once(receivers: list[Receiver]) -> None:
    _write(receivers, b"frames")
    assert [receiver.received() for receiver in receivers] == [b"frames"] * 5
    assert not any(receiver.by_transport for receiver in receivers)


def test_a_full_socket_leaves_the_frames_to_its_transport_and_delays_nobody(
    receivers: list[Receiver],
) -> None:
    full = (0, 2, 3)
    for index in full:
        receivers[index].fill()
    _write(receivers, b"frames")
    assert [receiver.by_transport for receiver in receivers] == [
        b"frames" if index in full else b"" for index in range(5)
    ]
    assert [receivers[index].received() for index in (1, 4)] == [b"frames"] * 2


def test_a_socket_that_takes_a_part_leaves_the_rest_to_its_transport(receivers: list[Receiver]) -> None:
    frames = os.urandom(8 << 20)
    _write(receivers, frames)
    for receiver in receivers:
        got = b""
        while piece := receiver.received():
            got += piece
        assert 0 < len(got) < len(frames)
        assert got + receiver.by_transport == frames


def test_a_lost_socket_leaves_the_frames_to_its_transport(receivers: list[Receiver]) -> None:
    receivers[1].far.close()
    _write(receivers, b"frames")
    assert receivers[1].by_transport == b"frames"
    assert receivers[4].received() == b"frames"


def test_connections_without_descriptor_are_written_by_their_transport(receivers: list[Receiver]) -> None:
    receivers[3].connection.descriptor = None
    _write(receivers, b"frames")
    assert [receiver.by_transport for receiver in receivers] == [b"", b"", b"", b"frames", b""]
    assert [receiver.received() for receiver in receivers] == [b"frames"] * 3 + [b""] + [b"frames"]


def test_nobody_to_write_to_is_no_error() -> None:
    write_each([], b"frames")
