"""Takes the pictures of the console that stand in the documents: `make screenshots`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.server_process import server_process

from linarite.access.administrator import administrator_token
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "images"


def main() -> int:
    """Start a server, have Chromium look at it, and say how that went."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, server_process(Path(folder)) as server:
        connection_string = f"Endpoint={server.endpoint};AccessKey={DEVELOPMENT_ACCESS_KEY};Version=1.0;"
        environment = os.environ | {
            "LINARITE_HTTP_CONNECTION_STRING": connection_string,
            "LINARITE_HTTPS_CONNECTION_STRING": connection_string,
            "LINARITE_ADMINISTRATOR_TOKEN": administrator_token(server.data_folder),
        }
        command = ["node", "console-pictures.js", str(PICTURES)]
        return subprocess.run(  # noqa: S603
            command, cwd=ROOT / "tests" / "javascript", env=environment, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
