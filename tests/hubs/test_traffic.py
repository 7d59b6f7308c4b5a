"""What a delivery counts as traffic: message data, once for each receiver."""

import pytest

from linarite.domain.close_categories import CloseCategory
from linarite.domain.messages import DataType, Message
from linarite.domain.permissions import Permissions
from linarite.domain.traffic import Traffic
from linarite.hubs.batch import Batch
from linarite.hubs.connection import Connection
from linarite.hubs.delivery import Delivery
from linarite.protocols.negotiation import negotiate


class Deaf:
    """An outlet that nothing comes out of."""

    def write(self, frames: bytes) -> None: ...

    def hold(self, frame: bytes, expires_at: float | None) -> None: ...

    def close(self, code: int, reason: str, told: str) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Group:
    """An audience."""

    def __init__(self, *members: Connection) -> None:
        self.members = dict.fromkeys(members)
        self.batch: Batch | None = None


def connection(name: str, *protocols: str) -> Connection:
    return Connection(name, None, negotiate(protocols).codec, Permissions(()), Deaf())


def text(size: int) -> Message:
    return Message(DataType.TEXT, b"x" * size)


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture
def delivery(traffic: Traffic) -> Delivery:
    return Delivery(lambda _: None, traffic)


def test_a_message_counts_once_for_each_receiver_whatever_its_protocol(delivery: Delivery, traffic: Traffic) -> None:
    group = Group(*(connection(str(n), *["json.webpubsub.azure.v1"][: n % 2]) for n in range(10)))
    delivery.send(group, text(1000))
    assert traffic.outbound_bytes == 0
    delivery.settle()
    assert traffic.outbound_bytes == 10_000
    assert traffic.inbound_bytes == 0


def test_who_is_left_out_counts_for_nothing_and_strangers_cannot_be(delivery: Delivery, traffic: Traffic) -> None:
    alice, bob, stranger = connection("alice"), connection("bob"), connection("stranger")
    group = Group(alice, bob)
    delivery.send(group, text(100))
    delivery.send(group, text(10), {alice, stranger})
    delivery.settle()
    assert traffic.outbound_bytes == 210


def test_acks_and_other_frames_of_the_service_s_own_are_no_traffic(delivery: Delivery, traffic: Traffic) -> None:
    alice = connection("alice")
    delivery.send_direct(alice, b"\x81\x02hi")
    delivery.send_direct(alice, text(7))
    delivery.settle()
    assert traffic.outbound_bytes == 7


def test_several_audiences_of_one_tick_are_all_counted(delivery: Delivery, traffic: Traffic) -> None:
    alice, bob = connection("alice"), connection("bob")
    delivery.send(Group(alice, bob), text(1))
    delivery.send(Group(alice), text(10))
    delivery.send_to_each([alice, bob], text(100))
    delivery.settle()
    assert traffic.outbound_bytes == 2 + 10 + 200


def test_a_close_has_the_category_of_its_cause_or_else_of_its_code() -> None:
    alice, bob, carol = connection("alice"), connection("bob"), connection("carol")
    alice.close(1008, "too slow", category=CloseCategory.SLOW_CLIENT)
    alice.close(1001, "too late to be the cause")
    bob.close(1001, "bye")
    assert alice.close_category is CloseCategory.SLOW_CLIENT
    assert bob.close_category is CloseCategory.SERVICE_RELOAD
    assert carol.close_category is CloseCategory.NORMAL
