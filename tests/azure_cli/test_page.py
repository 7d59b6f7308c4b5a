"""Every example of docs/azure-cli.md, those for `az` included, as a reader runs them: in order, in one shell."""

from __future__ import annotations

import pytest
from tests.documents.pages import examples
from tests.documents.reader import Reader
from tests.documents.test_examples import BY_LANGUAGE

PAGE = "docs/azure-cli.md"


@pytest.mark.timeout(300)
def test_every_example_of_the_page_runs(reader: Reader):
    """Blocks in "bash" are run, those in "text" are what the commands before them print."""
    for example in examples(PAGE):
        try:
            BY_LANGUAGE[example.language](reader, example)
        except AssertionError as error:
            error.add_note(str(example))
            raise
    assert any(command.startswith("az group create") for command in reader.commands)
