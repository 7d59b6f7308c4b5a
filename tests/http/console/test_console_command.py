"""`linarite console` against real servers and none."""

import asyncio

import pytest
from tests.running_server import running_server

from linarite.cli.entry import main


async def run(*words):
    return await asyncio.to_thread(main, ["console", *words])


@pytest.mark.parametrize("ports", [{"port": 0, "tls_port": None}, {"port": None, "tls_port": 0}])
async def test_the_address_signs_a_browser_in(tmp_path, capsys, ports):
    async with running_server(tmp_path, **ports) as server:
        assert await run("--data-folder", str(server.settings.data_folder)) == 0
        address = capsys.readouterr().out.strip()
        assert address.startswith(f"{server.endpoints[0]}/?token=")
        async with server._session.get(address, allow_redirects=False, ssl=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
            assert "Set-Cookie" in response.headers


async def test_without_a_server_or_a_console_it_says_so(tmp_path, capsys):
    assert await run("--data-folder", str(tmp_path)) == 1
    assert "no server runs with the data folder" in capsys.readouterr().err
    async with running_server(tmp_path, console="off") as server:
        assert await run("--data-folder", str(server.settings.data_folder)) == 1
    assert "the server has no console: see the setting console" in capsys.readouterr().err
