from argparse import Namespace

import pytest

from linarite.cli.azure.completers import group_names, hub_names, resource_names


@pytest.fixture(autouse=True)
def at_the_server(az):
    """Completers find the server of the tests."""


def test_names_that_the_server_knows_are_offered(az, resource, group):
    name = resource.split()[1]
    az(f"webpubsub hub create {resource} --hub-name chat")
    assert {group, "linarite"} <= set(group_names(Namespace(), prefix="", action=None))
    assert {name, "linarite"} <= set(resource_names(Namespace()))
    assert resource_names(Namespace(resource_group_name=group)) == [name]
    assert hub_names(Namespace(resource_group_name=group, webpubsub_name=name)) == ["chat"]


def test_without_a_server_or_a_resource_nothing_is_offered(az, tmp_path):
    nowhere = Namespace(_data_folder=str(tmp_path), resource_group_name="g", webpubsub_name="n")
    assert (group_names(nowhere), resource_names(nowhere), hub_names(nowhere)) == ([], [], [])
    assert resource_names(Namespace(resource_group_name="none")) == []
    assert hub_names(Namespace()) == []
