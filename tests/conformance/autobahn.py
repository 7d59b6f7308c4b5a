"""What the Autobahn test suite says of a WebSocket server.

The suite itself is a program for Python 2; kosoku runs the same case files on Python 3. It runs in a process of its
own: its cases and the server would share one interpreter's time, and late cases count as failed.

`python -m tests.conformance.autobahn` (`make conformance`) runs it against the echo server and writes the page.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conformance.echo_server import echo_server
from tests.running_server import production_loop

__all__ = ["CASES", "PAGE", "Verdict", "page", "verdicts"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"

# All but 12 and 13, which are for permessage-deflate. The suite has no 8 and 11.
GROUPS = {
    "1": "Framing: sizes from nothing to 65,536 bytes, text and binary",
    "2": "Pings and pongs",
    "3": "Reserved bits",
    "4": "Opcodes that are not defined",
    "5": "Fragments, and control frames between them",
    "6": "UTF-8: valid, invalid, in fragments, in pieces of a frame",
    "7": "Closing: handshake, codes, reasons",
    "9": "Limits: messages of 64 KiB to 16 MiB, whole and in fragments and pieces; round trips",
    "10": "Frames cut without regard to fragments",
}
CASES = tuple(f"{group}.*" for group in GROUPS)
_WORDS = ("OK", "INFORMATIONAL", "NON-STRICT", "FAILED")

# Each case's id, its two verdicts and the suite's words for them. A case that failed is no error here.
_RUN = """
import asyncio, json, os, sys
from kosoku import FailureError, run_fuzzingclient

async def main():
    try:
        results = await run_fuzzingclient(sys.argv[1], sys.argv[2:], concurrency=1)
    except FailureError as failure:
        results = failure.results
    for case in results:
        verdicts = case.behavior.value, case.behavior_close.value
        print(json.dumps((case.case_id, *verdicts, case.result, case.result_close)))
    # Its clients' native threads at times abort the interpreter while it ends.
    sys.stdout.flush()
    os._exit(0)

asyncio.run(main())
"""


class Verdict(NamedTuple):
    """What the suite says of one case."""

    case: str
    messages: str
    closing: str
    messages_words: str
    closing_words: str

    @property
    def group(self) -> str:
        return self.case.partition(".")[0]

    @property
    def word(self) -> str:
        """The worse of the two things judged: the messages, and the closing handshake."""
        if self.closing not in ("OK", "INFORMATIONAL") or self.messages not in _WORDS:
            return "FAILED"
        return self.messages


async def verdicts(url: str, cases: Sequence[str] = CASES) -> list[Verdict]:
    """Run cases, `*` for all of a group, against a server that echoes messages."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _RUN, url, *cases, stdout=pipe, stderr=pipe)
    try:
        out, err = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, f"kosoku ended with {process.returncode}: {err.decode()}"
    return [Verdict(*json.loads(line)) for line in out.splitlines()]


def page(found: Iterable[Verdict]) -> str:
    """The page about it."""
    counts = Counter((verdict.group, verdict.word) for verdict in found)
    rows = [
        (group, about, *(counts[group, word] for word in _WORDS), sum(counts[group, word] for word in _WORDS))
        for group, about in GROUPS.items()
    ]
    sums = [sum(column) for column in list(zip(*rows, strict=True))[2:]]
    lines = ["| {} | {} | {} | {} | {} | {} | {} |".format(*row) for row in [*rows, ("all", "", *sums)]]
    return _OPENING + "\n".join(lines) + "\n" + _CLOSING


_OPENING = """\
# WebSocket conformance

The [Autobahn test suite](https://github.com/crossbario/autobahn-testsuite) is the public suite for RFC 6455. Its cases
run against a whole server, as clients that get their own messages back: plain clients in the mode `sendToGroup`, each
the only member of its group. The limit on messages is raised to 16 MiB, which cases 9 need; the default is 1 MiB.

This page is made by `make conformance`; the tests run the same cases and fail when one is not as it says here.

| Cases | About | OK | Informational | Non-strict | Failed | All |
|---|---|---|---|---|---|---|
"""

_CLOSING = """
*Informational*: the RFC leaves the behaviour open. *Non-strict*: right, but not as the RFC recommends. *Failed*: wrong
messages, or a closing handshake with the wrong code, from the wrong side, or none.

Cases 12 and 13 are about compression (permessage-deflate, RFC 7692), which is not offered:
[differences.md](differences.md) says why. The cases are run by [kosoku](https://github.com/curioswitch/kosoku), which
runs the suite's own files on Python 3. To run the suite itself, or any other, start
`python -m tests.conformance.echo_server`: it prints the address to connect to.
"""


async def _write_page() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        async with echo_server(Path(folder)) as url:
            found = await verdicts(url)
    PAGE.write_text(page(found), "utf-8")
    wrong = [verdict for verdict in found if verdict.word in ("NON-STRICT", "FAILED")]
    for verdict in wrong:
        print(*verdict, sep=" | ")
    print(f"{len(found)} cases, {len(wrong)} not as they should be; wrote {PAGE.relative_to(ROOT)}")
    return not wrong


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=production_loop) as runner:
        sys.exit(0 if runner.run(_write_page()) else 1)
