"""The bench runs and judges: its counts are asserted here, its times never."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from bench.building import build_programs
from bench.client_protocols import RELIABLE_JSON, RELIABLE_PROTOBUF, ClientProtocol, text_field
from bench.dialects import GROUP
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
@pytest.mark.parametrize(
    ("case", "steps"),
    [
        ("reliable-10", ["json", "reliable", "reliable-protobuf", "10-ids", f"{QUICK.receivers}-ids"]),
        ("protobuf-10", ["json", "protobuf"]),
        ("publish", ["json", "reliable", "protobuf", "reliable-protobuf"]),
        ("streams", [f"{protocol}-{frames}" for protocol in ("json", "reliable") for frames in (1, 10, 100)]),
    ],
)
def test_every_protocol_delivers_all_that_was_published(case: str, steps: list[str], tmp_path: Path) -> None:
    lines = _quick_lines(case, tmp_path)

    assert [line["case"] for line in lines] == [f"{case}-{step}" for step in steps]
    for line in lines:
        assert line["delivered_all"] > 0
        assert {name: line[name] for name in NOTHING_WRONG} == NOTHING_WRONG


@needs_compiler
def test_every_client_of_the_recovery_case_gets_what_it_missed_while_it_was_cut(tmp_path: Path) -> None:
    [line] = _quick_lines("recovery", tmp_path)

    assert line["delivered_all"] == line["sent_all"] * QUICK.recoveries > 0
    assert {name: line[name] for name in NOTHING_WRONG} == NOTHING_WRONG
    assert line["unrecovered"] == 0
    assert 0 < line["cut_s"] < line["reconnected_s"] <= line["recovered_s"]


@needs_compiler
@pytest.mark.parametrize("protocol", [RELIABLE_JSON, RELIABLE_PROTOBUF], ids=lambda protocol: protocol.name)
def test_generator_acknowledges_for_reliable_clients(protocol: ClientProtocol, tmp_path: Path) -> None:
    """Without acknowledgements a server that keeps 50 messages would have closed the connections."""
    wsload = Generator(build_programs(tmp_path).wsload)
    with Linarite("--recovery-limit-messages", "50").run() as running:
        member = Linarite().loads(running.port).member()
        client = ("-p", str(running.port), *member, *protocol.opening(), *protocol.publishing(GROUP, len(GROUP)))
        often = ("-A", "20", "-n", "2", "-k", "1", "-r", "500", "-e", "2", "-w", "0", "-t", "0.5")
        line = wsload.run((*client, *often))

    assert line.faults() == {}
    assert line["sent_all"] > 50


@needs_compiler
def test_generator_notices_a_server_that_is_not_there(tmp_path: Path) -> None:
    line = Generator(build_programs(tmp_path).wsload).run(["-p", "1", "-n", "2", "-t", "0"])

    assert line.faults() == {"failed": 2}
    assert "connect" in line.complaint


@pytest.mark.parametrize(
    "fault", ["lost", "dup", "reordered", "missing_at_end", "undelivered", "closed", "post_errors", "unrecovered"]
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


def test_protobuf_fields_are_refused_where_a_byte_would_not_hold_their_size() -> None:
    with pytest.raises(ValueError, match="got 1 and 128"):
        text_field(1, "x" * 128)


def test_tokens_are_what_a_token_library_accepts() -> None:
    key = "a key of the bench, long enough for HS256"
    token = access_token("http://127.0.0.1:1/client/hubs/h", key, role=["webpubsub.sendToGroup"])

    claims: Mapping[str, object] = jwt.decode(token, OctKey.import_key(key)).claims

    assert claims["aud"] == "http://127.0.0.1:1/client/hubs/h"
    assert claims["role"] == ["webpubsub.sendToGroup"]


def _quick_lines(case: str, folder: Path) -> list[dict[str, Any]]:
    """Run one case as short as it goes; the generator's lines."""
    lines_file = folder / "lines.json"
    options = ["--quick", "--seconds", "0.2", "--only", case, "--json", str(lines_file)]
    command = [sys.executable, "-m", "bench.run", *options]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == EXIT_GOOD, result.stderr
    return [json.loads(line) for line in lines_file.read_text().splitlines()]


def _bench() -> Bench:
    nowhere = Path(os.devnull)
    return Bench(Generator(nowhere), Linarite(), lambda batch: Limit(nowhere, batch), (), QUICK, print)
