"""Changes that the server shows as running for a while."""

import subprocess
import sys
import time

import pytest

DEADLINE_SECONDS = 20.0


@pytest.fixture
def slow_az(command, tmp_path, monkeypatch):
    """Runs a command against a server whose changes take a moment."""
    folder = tmp_path / "slow"
    words = "-m linarite dev --port 0 --tls-port 0 --management-operation-seconds 0.3 --data-folder"
    with subprocess.Popen([sys.executable, *words.split(), str(folder)], stdout=subprocess.DEVNULL) as server:
        until = time.monotonic() + DEADLINE_SECONDS
        while not (folder / "server.json").exists():
            assert server.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        monkeypatch.setenv("LINARITE_DATA_FOLDER", str(folder))
        yield lambda line: command(*line.split())
        server.terminate()


def test_a_command_ends_when_its_change_is_done(slow_az):
    created = slow_az("webpubsub create -n demo -g linarite --sku Free_F1")
    assert created.exit_code == 0, created.errors
    assert created.document["provisioningState"] == "Succeeded"
    assert slow_az("webpubsub update -n demo -g linarite --tags a=b").document["provisioningState"] == "Succeeded"
    before = slow_az("webpubsub key show -n demo -g linarite").document
    after = slow_az("webpubsub key regenerate -n demo -g linarite --key-type primary").document
    assert (before["primaryKey"] != after["primaryKey"], before["secondaryKey"]) == (True, after["secondaryKey"])
    hub = slow_az("webpubsub hub create -n demo -g linarite --hub-name chat")
    assert hub.document["name"] == "chat"
    for line in ("restart", "delete"):
        assert slow_az(f"webpubsub {line} -n demo -g linarite").output == ""
    assert slow_az("webpubsub show -n demo -g linarite").output == ""
