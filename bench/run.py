"""`make bench`: measures the cases, prints the table, fails when Linarite lost or reordered anything."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.building import CannotBuildError, build_programs
from bench.catalogue import CASES
from bench.generator import Generator, GeneratorError
from bench.measuring import FULL, QUICK, Bench
from bench.pinning import can_pin
from bench.servers import LINARITE, Limit, Linarite, Nginx, Node, ServerError
from bench.table import render

EXIT_GOOD, EXIT_FAULTS, EXIT_CANNOT_RUN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; return 1 when Linarite misdelivered, 2 when it cannot run, else 0 whatever the times."""
    options = _parse(arguments)
    _tell(_machine())
    try:
        bench = _prepare(options)
        rows = [row for name in options.only or CASES for row in CASES[name](name, bench)]
    except (CannotBuildError, GeneratorError, ServerError) as error:
        _tell(f"bench: {error}")
        return EXIT_CANNOT_RUN
    print(render(rows))
    if options.json:
        options.json.write_text("".join(f"{json.dumps(line)}\n" for line in bench.book))
    return judge(bench)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="CASE", choices=CASES, help=f"some of: {', '.join(CASES)}")
    parser.add_argument("--quick", action="store_true", help="few connections, one short round: does it all run?")
    parser.add_argument("--seconds", type=float, help="length of each measured window")
    parser.add_argument("--rounds", type=int, help="how often each server is loaded; the middle counts")
    parser.add_argument("--no-peers", action="store_true", help="only Linarite and the C limit")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every line of the generator there")
    return parser.parse_args(arguments)


def _prepare(options: argparse.Namespace) -> Bench:
    programs = build_programs()
    scale = QUICK if options.quick else FULL
    scale = replace(scale, seconds=options.seconds or scale.seconds, rounds=options.rounds or scale.rounds)
    peers = []
    for peer in () if options.no_peers else (Nginx(), Node()):
        if missing := peer.missing():
            _tell(f"{peer.name} is left out: {missing}")
        else:
            peers.append(peer)
    return Bench(Generator(programs.wsload), Linarite(), partial(Limit, programs.limit), peers, scale, _tell)


def _machine() -> str:
    """Name the machine and what on it makes figures doubtful."""
    model = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "unknown CPU")
    load = os.getloadavg()[0]
    versions = f"Linux {platform.release()}, Python {platform.python_version()}"
    told = f"{model}, {os.cpu_count()} cores, {versions}, load {load:.1f}"
    if load > 0.5:
        told += "\nthe machine is not idle: figures will swing, ratios less, CPU for each frame least"
    return told if can_pin() else f"{told}\nserver and generator are not pinned to a core each (taskset and two cores)"


def _cpu_lines() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


def judge(bench: Bench) -> int:
    """Tell every fault and return the exit code that they ask for."""
    for fault in bench.faults:
        _tell(f"{'FAULT' if fault.server == LINARITE else 'peer misdelivers'}: {fault.text}")
    return EXIT_FAULTS if any(fault.server == LINARITE for fault in bench.faults) else EXIT_GOOD


def _tell(text: str) -> None:
    """Progress goes to stderr, so that stdout holds the table alone."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
