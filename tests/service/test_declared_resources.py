"""A server with a file of resources: made at the first start, left alone at the next, refused as a whole if wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.running_server import running_server

from linarite.cli.entry import main
from linarite.resources.sqlite import DATABASE_NAME

FILE = """
[resources.linarite]
sku = "Free_F1"

[resources.demo]
sku = "Standard_S1"

[resources.demo.hubs.chat]
anonymousConnectPolicy = "allow"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "resources.toml"
    file.write_text(FILE)
    return file


async def test_declared_hub_lets_clients_in_at_each_start(tmp_path: Path, file: Path) -> None:
    found = []
    for _ in range(2):
        async with running_server(tmp_path, resources=file) as server:
            url = f"ws://demo.localhost:{server.port}/client/hubs/chat"
            client = await server.connect_to(url, host="127.0.0.1")
            assert client.connection_id
            found.append(server.registry.all())
    assert found[0] == found[1]
    assert [one.sku.name for one in found[0]] == ["Free_F1", "Standard_S1"]


async def test_drift_is_left_or_corrected_as_the_setting_says(tmp_path: Path, file: Path) -> None:
    async with running_server(tmp_path, resources=file) as server:
        server.registry.update("linarite", "demo", {"sku": {"capacity": 2, "name": "Standard_S1"}})
        server.registry.update("linarite", "linarite", {"sku": {"name": "Standard_S1"}})
    async with running_server(tmp_path, resources=file) as server:
        assert [one.sku.name for one in server.registry.all()] == ["Standard_S1", "Standard_S1"]
    async with running_server(tmp_path, resources=file, resources_drift="correct") as server:
        assert [one.sku.name for one in server.registry.all()] == ["Free_F1", "Standard_S1"]
        assert server.registry.find("linarite", "demo").sku.capacity == 2  # the file says nothing of it


@pytest.mark.parametrize("command", [["dev"], ["config", "check"]])
def test_a_wrong_file_ends_the_start_with_its_place(
    tmp_path: Path, file: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(FILE + '\n[resources.bad]\nsku = "Gold"\n')
    arguments = ["--port", "0", "--tls-port", "none", "--data-folder", str(tmp_path / "data"), "--resources", str(file)]
    assert main([*command, *arguments]) == 2
    assert "resources.bad: sku.name: expected one of" in capsys.readouterr().err
    assert not (tmp_path / "data" / "server.json").exists()


def test_a_good_file_is_checked_without_a_server(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    assert main(["config", "check", "--data-folder", str(data), "--resources", str(file)]) == 0
    assert capsys.readouterr().out == "the settings are valid\n"
    assert not (data / DATABASE_NAME).exists()
