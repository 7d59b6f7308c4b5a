"""The public suite for RFC 6455 finds nothing wrong, and nothing that could be stricter."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from tests.conformance.autobahn import PAGE, Verdict, page, verdicts
from tests.conformance.echo_server import echo_server

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """The verdicts on all cases."""
    async with echo_server(tmp_path_factory.mktemp("server")) as url:
        return await verdicts(url)


async def test_no_case_fails_or_is_non_strict(found: list[Verdict]) -> None:
    assert [verdict for verdict in found if verdict.word not in ("OK", "INFORMATIONAL")] == []


async def test_the_page_says_what_the_suite_says(found: list[Verdict]) -> None:
    assert PAGE.read_text("utf-8") == page(found), "run make conformance"


async def test_a_server_that_is_wrong_is_found_out(tmp_path: Path) -> None:
    """Without the group's membership nothing comes back: the suite has to say so, or it says nothing."""
    async with echo_server(tmp_path) as url:
        silent = url.replace("group=own", "group=other")
        assert [verdict.word for verdict in await verdicts(silent, ["1.1.1", "1.1.2"])] == ["FAILED", "FAILED"]
