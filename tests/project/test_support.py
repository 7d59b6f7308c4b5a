"""The support matrix: its rows say where their proof is, and the proofs are tests of this suite."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.support import areas
from tests.support_matrix import PROOFS, proofs_of, verdict

ROOT = Path(__file__).parents[2]
ROWS = [feature for area in areas() for feature in area.features]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_has_what_its_state_asks_for(row):
    assert row.state in ("supported", "partly", "not", "untried")
    assert row.note or row.state == "supported"
    assert row.proofs or row.state in ("not", "untried")


def test_no_feature_stands_there_twice():
    names = [row.name for row in ROWS]

    assert sorted(names) == sorted(set(names))


def test_every_proof_is_a_test_of_the_suite():
    """Those of the matrix and those of the page of symptoms; pytest itself says which tests there are."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", page))
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| You see")]
    assert len(rows) == page.count("`tests/") > 50
    files = sorted({proof.partition("::")[0] for proof in PROOFS | named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *files]

    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert listed.returncode == 0, listed.stdout + listed.stderr
    lines = listed.stdout.splitlines()
    found = {*lines, *(line.partition("[")[0] for line in lines)}
    assert sorted((PROOFS | named) - found) == []


def test_a_proof_may_be_one_case_of_a_test_or_all_of_them():
    plain = next(proof for proof in PROOFS if not proof.endswith("]"))
    one_case = next(proof for proof in PROOFS if proof.endswith("]"))

    assert list(proofs_of(plain)) == list(proofs_of(f"{plain}[case]")) == [plain]
    assert list(proofs_of(one_case)) == [one_case]
    assert list(proofs_of(one_case.replace("[", "[other-"))) == []


def test_a_run_of_everything_tells_which_proofs_have_not_passed():
    skipped = min(PROOFS)

    assert verdict(set(PROOFS), {}) == [f"{len(PROOFS)} of {len(PROOFS)} proofs of the support matrix have passed"]
    assert verdict(set(PROOFS), {skipped: "skipped"})[1:] == [f"skipped: {skipped}"]
    assert verdict({skipped}, {skipped: "skipped"}) == []
