"""How much property tests try: a hundred examples each, or very many with `make fuzz`; and what is left out."""

import os

from hypothesis import settings

# They need the Azure CLI, which is large: `make test-azure-cli` installs it and names it here.
collect_ignore = [] if "LINARITE_TEST_AZURE_CLI" in os.environ else ["azure_cli"]

# Examples have no deadline of their own: a busy machine would fail them by chance. Each test has its timeout.
settings.register_profile("linarite", deadline=None, print_blob=True)
settings.register_profile("fuzz", deadline=None, print_blob=True, max_examples=20_000)
settings.load_profile("linarite")
