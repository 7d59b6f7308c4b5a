"""Addresses that may not be called, and how names lead to the others."""

import pytest

from linarite.events.addresses import DENIED_NETWORKS, AddressDenied, Addresses, is_denied, parse_networks

DENIED = parse_networks(DENIED_NETWORKS)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "168.63.129.16",
        "100.100.100.200",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_link_local_and_metadata_addresses_are_denied_in_every_form(address):
    assert is_denied(address, DENIED)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "20.1.2.3", "fd00::1"])
def test_loopback_private_and_public_addresses_are_not_denied(address):
    assert not is_denied(address, DENIED)


class Names:
    """A resolver whose answers a test sets."""

    def __init__(self, *answers: str) -> None:
        self.answers: tuple[str, ...] = answers
        self.asked = 0

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked += 1
        return self.answers


async def test_denied_addresses_of_a_name_are_left_out():
    addresses = Addresses(DENIED, lambda: 0.0, Names("169.254.169.254", "10.0.0.1"))
    assert await addresses.find("h", 80) == ("10.0.0.1",)


async def test_a_name_with_denied_addresses_only_is_refused_and_the_error_names_them():
    addresses = Addresses(DENIED, lambda: 0.0, Names("169.254.169.254", "fe80::1"))
    with pytest.raises(AddressDenied, match=r"169\.254\.169\.254, fe80::1"):
        await addresses.find("h", 80)


async def test_a_name_that_changes_its_address_is_judged_again():
    now = 0.0
    names = Names("10.0.0.1")
    addresses = Addresses(DENIED, lambda: now, names)
    assert await addresses.find("h", 80) == ("10.0.0.1",)
    names.answers = ("169.254.169.254",)
    assert await addresses.find("h", 80) == ("10.0.0.1",)
    assert names.asked == 1
    now = 5.0
    with pytest.raises(AddressDenied):
        await addresses.find("h", 80)


async def test_numbers_that_stand_for_an_address_are_judged_as_that_address():
    """The system's resolver reads 2852039166 as 169.254.169.254."""
    with pytest.raises(AddressDenied, match=r"169\.254\.169\.254"):
        await Addresses(DENIED, lambda: 0.0).find("2852039166", 80)


async def test_remembered_names_are_bounded():
    names = Names("10.0.0.1")
    addresses = Addresses((), lambda: 0.0, names)
    for number in range(3000):
        await addresses.find(f"h{number}", 80)
    assert len(addresses._known) <= 1024


def test_a_network_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="300"):
        parse_networks(["300.0.0.0/8"])
