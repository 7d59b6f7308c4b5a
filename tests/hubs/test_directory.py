import pytest
from tests.hubs.outlets import connect
from tests.hubs.surroundings import AT, make_directory

from linarite.domain.commands import HubAddress


@pytest.fixture
def directory(ticks):
    return make_directory(ticks)


def test_hub_is_there_from_its_first_connection_to_its_last(directory):
    assert directory.find(AT) is None
    hub = directory.open(AT)
    first, second = connect(hub, "c1"), connect(hub, "c2")
    assert directory.find(AT) is directory.open(AT) is hub
    directory.detach(AT, first.connection)
    assert directory.find(AT) is hub
    directory.detach(AT, second.connection)
    assert directory.find(AT) is None


def test_hubs_of_the_same_name_in_two_resources_never_meet(directory):
    other = HubAddress("other", AT.hub)
    assert directory.open(AT) is not directory.open(other)
    assert dict(directory) == {AT: directory.find(AT), other: directory.find(other)}


def test_connection_that_is_detached_twice_or_from_a_hub_that_is_gone_does_no_harm(directory):
    hub = directory.open(AT)
    first, second = connect(hub, "c1"), connect(hub, "c2")
    directory.detach(AT, first.connection)
    directory.detach(AT, first.connection)
    assert len(hub) == 1
    directory.detach(AT, second.connection)
    directory.detach(AT, second.connection)
    assert directory.find(AT) is None


def test_hub_that_the_application_server_emptied_goes_with_the_last_socket(directory):
    hub = directory.open(AT)
    client = connect(hub, "c")
    hub.detach(client.connection)
    directory.detach(AT, client.connection)
    assert directory.find(AT) is None


def test_hubs_may_go_while_one_looks_through_them(directory):
    clients = {}
    for number in range(3):
        at = HubAddress("r", f"h{number}")
        clients[at] = connect(directory.open(at), "c")
    for at, hub in directory:
        assert directory.find(at) is hub
        directory.detach(at, clients[at].connection)
    assert list(directory) == []


def test_connections_of_a_resource_are_counted_from_before_they_are_let_in(directory):
    assert directory.count("r") == 0
    directory.reserve("r")
    directory.reserve("r")
    directory.reserve("other")
    directory.release("r")
    assert (directory.count("r"), directory.count("other")) == (1, 1)
