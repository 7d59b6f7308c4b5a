"""The process that the server runs in; what it serves is tested by its rooms."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.server_process import server_process
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

RAISE_LIMIT = """
import resource
from linarite.server.process import _allow_open_files
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
_allow_open_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most))
"""


def test_a_server_may_open_as_many_files_as_its_process_is_allowed():
    done = subprocess.run([sys.executable, "-c", RAISE_LIMIT], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_hubs_of_the_settings_file_are_there_at_the_start_and_again_at_the_next(tmp_path: Path):
    file = tmp_path / "linarite.toml"
    file.write_text("""
[hubs.Chat]
anonymousConnectPolicy = "allow"

[[hubs.Chat.eventHandlers]]
urlTemplate = "http://127.0.0.1:9/api/{event}"
userEventPattern = "*"
""")
    for _ in range(2):
        with server_process(tmp_path, "--config", str(file)) as server:
            address = server.endpoint.replace("http", "ws")
            with connect(f"{address}/client/hubs/chat"):
                pass
            with pytest.raises(InvalidStatus), connect(f"{address}/client/hubs/other"):
                pass
