"""What git has: nothing of the machine it was written on, and continuous integration that runs the one command."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_file_names_a_folder_of_this_machine():
    folders = {f"{folder}/" for folder in (ROOT, Path.home()) if folder != Path("/")}
    patterns = [argument for folder in folders for argument in ("-e", folder)]

    found = subprocess.run(
        ["git", "grep", "--fixed-strings", "-I", "--line-number", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""
    assert found.returncode == 1, found.stderr


def test_continuous_integration_runs_make_test_and_stops_at_an_error():
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text()
    assert "for target in test test-azure-cli; do" in script.read_text()
    assert 'make "$target"' in script.read_text()
