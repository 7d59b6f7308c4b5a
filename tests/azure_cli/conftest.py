"""The real Azure CLI, which `make test-azure-cli` installs, with a configuration of its own for each test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.documents.conftest import reader, replacements, server_folder

__all__ = ["reader", "replacements", "server_folder"]

# Folder of the `az` to test; tests/conftest.py leaves these tests out where it is not set.
AZURE_CLI = "LINARITE_TEST_AZURE_CLI"


@pytest.fixture(autouse=True)
def az_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`az` on the PATH, with an empty configuration, asking nobody but the server."""
    folder = Path(os.environ[AZURE_CLI])
    assert (folder / "az").is_file(), f"expected az in {folder}"
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path / "azure"))
    monkeypatch.setenv("AZURE_CORE_COLLECT_TELEMETRY", "no")
    monkeypatch.setenv("AZURE_CORE_NO_COLOR", "yes")
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST"):
        monkeypatch.delenv(name, raising=False)
