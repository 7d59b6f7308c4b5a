"""The bench runs and judges: its counts are asserted here, its times never."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from bench.building import build_programs
from bench.generator import Generator, Line
from bench.measuring import QUICK, Bench
from bench.run import EXIT_FAULTS, EXIT_GOOD, judge
from bench.servers import LIMIT, LINARITE, Limit, Linarite
from bench.table import Row, Unit, render
from bench.tokens import access_token
from joserfc import jwt
from joserfc.jwk import OctKey

ROOT = Path(__file__).parents[2]
NOTHING_WRONG = {"lost": 0, "dup": 0, "reordered": 0, "missing_at_end": 0, "undelivered": 0, "failed": 0}

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="the generator needs a C compiler")


@needs_compiler
def test_one_case_runs_to_its_end_and_delivers_every_frame_to_every_receiver(tmp_path: Path) -> None:
    lines_file = tmp_path / "lines.json"
    options = ["--quick", "--no-peers", "--only", "fan-out-rest-1", "--json", str(lines_file)]

    result = subprocess.run(
        [sys.executable, "-m", "bench.run", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == EXIT_GOOD, result.stderr
    lines = {line["server"]: line for line in map(json.loads, lines_file.read_text().splitlines())}
    assert set(lines) == {LINARITE, LIMIT}
    for line in lines.values():
        assert line["connected"] == QUICK.receivers
        assert line["sent_all"] > 0
        assert line["delivered_all"] == line["sent_all"] * QUICK.receivers
        assert {name: line[name] for name in NOTHING_WRONG} == NOTHING_WRONG
    assert "fan-out-rest-1" in result.stdout


@needs_compiler
def test_every_event_of_the_webhook_case_comes_back_to_its_client(tmp_path: Path) -> None:
    lines_file = tmp_path / "lines.json"
    options = ["--quick", "--only", "webhook-echo", "--json", str(lines_file)]

    result = subprocess.run(
        [sys.executable, "-m", "bench.run", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == EXIT_GOOD, result.stderr
    [line] = map(json.loads, lines_file.read_text().splitlines())
    assert line["delivered_all"] == line["sent_all"] > 0


@needs_compiler
def test_generator_notices_a_server_that_is_not_there(tmp_path: Path) -> None:
    line = Generator(build_programs(tmp_path).wsload).run(["-p", "1", "-n", "2", "-t", "0"])

    assert line.faults() == {"failed": 2}
    assert "connect" in line.complaint


@pytest.mark.parametrize(
    "fault", ["lost", "dup", "reordered", "missing_at_end", "undelivered", "closed", "post_errors"]
)
def test_any_fault_of_linarite_fails_the_run(fault: str) -> None:
    bench = _bench()
    bench.write_down("fan-out-rest-1", LINARITE, 0, Line({**NOTHING_WRONG, fault: 1}))
    assert judge(bench) == EXIT_FAULTS


def test_a_fault_of_a_peer_is_told_but_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    bench = _bench()
    bench.write_down("rest-to-one", "nginx+nchan", 0, Line({**NOTHING_WRONG, "lost": 3}))
    assert judge(bench) == EXIT_GOOD
    assert "nginx+nchan, round 1: lost 3" in capsys.readouterr().err


def test_slow_figures_fail_nothing() -> None:
    bench = _bench()
    bench.write_down("fan-out-rest-1", LINARITE, 0, Line({**NOTHING_WRONG, "msg_per_s": 1, "p99_ms": 9999}))
    assert judge(bench) == EXIT_GOOD


def test_table_shows_the_ratio_to_a_peer_and_whether_the_target_is_met() -> None:
    speed = Row("fan-out", Unit("frames/s", 0), 180_000, {LINARITE: 150_000, LIMIT: 200_000})
    memory = Row("idle", Unit("KiB", 1, less_is_better=True, scale=1 / 1024), 12, {LINARITE: 10 * 1024})

    lines = render([speed, memory]).splitlines()

    assert lines[2].split() == [
        "fan-out",
        "frames/s",
        ">=",
        "180,000",
        "NO",
        "150,000",
        "200,000",
        "(0.75)",
        *"----",
    ]
    assert lines[3].split() == ["idle", "KiB", "<=", "12", "yes", "10.0", *"-----"]


def test_tokens_are_what_a_token_library_accepts() -> None:
    key = "a key of the bench, long enough for HS256"
    token = access_token("http://127.0.0.1:1/client/hubs/h", key, role=["webpubsub.sendToGroup"])

    claims: Mapping[str, object] = jwt.decode(token, OctKey.import_key(key)).claims

    assert claims["aud"] == "http://127.0.0.1:1/client/hubs/h"
    assert claims["role"] == ["webpubsub.sendToGroup"]


def _bench() -> Bench:
    nowhere = Path(os.devnull)
    return Bench(Generator(nowhere), Linarite(), lambda batch: Limit(nowhere, batch), (), QUICK, print)
