"""How much property tests try: a hundred examples each, or very many with `make fuzz`; and what is left out."""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from tests.support_matrix import pytest_collection_finish, pytest_runtest_logreport, pytest_terminal_summary

# Pytest finds these by their names: at the end of a run of everything they tell of the support matrix.
__all__ = ["pytest_collection_finish", "pytest_runtest_logreport", "pytest_terminal_summary"]

# They need the Azure CLI, which is large: `make test-azure-cli` installs it and names it here.
collect_ignore = [] if "LINARITE_TEST_AZURE_CLI" in os.environ else ["azure_cli"]

# Examples have no deadline of their own: a busy machine would fail them by chance. Each test has its timeout.
settings.register_profile("linarite", deadline=None, print_blob=True)
settings.register_profile("fuzz", deadline=None, print_blob=True, max_examples=20_000)
settings.load_profile("linarite")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that runs in the tests' process sets up the whole process's logging, for itself alone."""
    root, own = logging.getLogger(), logging.getLogger("linarite")
    level, own_level, handlers = root.level, own.level, list(root.handlers)
    yield
    root.setLevel(level)
    own.setLevel(own_level)
    root.handlers[:] = [handler for handler in root.handlers if handler in handlers] or handlers
