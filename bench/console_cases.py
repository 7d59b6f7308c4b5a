"""What the console costs: message throughput while a page watches everything, beside that while nobody looks."""

import http.client
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.cases import FRAMES_PER_SECOND, PACES, SENDS_PER_SECOND, Case
from bench.log_cases import compare
from bench.measuring import Bench
from bench.servers import Linarite, Running, ServerError
from bench.table import Row

__all__ = ["CASES"]

# Throughput while a page watches, as a share of that while none does.
WANTED_SHARE = 0.97
_OWN = {"X-Linarite-Console": "1"}
_FEED = "/console/api/feed?show=messages,calls,logs,counters"


def fan_out(name: str, bench: Bench) -> Iterator[Row]:
    """Frames delivered a second when members of a group publish."""
    receivers = str(bench.scale.receivers)
    publishing = ("-k", str(PACES[0].publishers), "-x", str(PACES[0].window))
    heard = ("-n", receivers, "-C", "256", "-e", receivers, *_window(bench))
    yield from compare(
        name,
        bench,
        FRAMES_PER_SECOND,
        lambda dialect: (*dialect.publish_by_client, *publishing, *heard),
        _watched,
        WANTED_SHARE,
    )


def rest_to_one(name: str, bench: Bench) -> Iterator[Row]:
    """REST sends a second to one connection: a look at each message that has one receiver."""
    sending = ("-n", "1", "-U", "8", "-e", "1", *_window(bench))
    yield from compare(
        name, bench, SENDS_PER_SECOND, lambda dialect: (*dialect.send_to_one, *sending), _watched, WANTED_SHARE
    )


def _window(bench: Bench) -> tuple[str, ...]:
    return ("-w", str(min(1.0, bench.scale.seconds)), "-t", str(bench.scale.seconds))


@contextmanager
def _watched(linarite: Linarite) -> Iterator[Running]:
    """Run a server whose feed somebody reads."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, linarite.run(Path(folder)) as running:
        data_folder = Path(folder) / "data"
        endpoint = json.loads((data_folder / "server.json").read_text())["http"]
        headers = {**_OWN, "Cookie": _sign_in(endpoint, (data_folder / "administrator-token").read_text().strip())}
        arguments = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
        reader = subprocess.Popen(
            ["curl", "--silent", "--no-buffer", "--fail", "--noproxy", "*", *arguments, endpoint + _FEED],
            stdout=subprocess.PIPE,
        )
        try:
            assert reader.stdout is not None
            if b'"hello"' not in reader.stdout.readline():
                raise ServerError("the console's feed could not be read")
            with subprocess.Popen(["cat"], stdin=reader.stdout, stdout=subprocess.DEVNULL):
                yield running
                if reader.poll() is not None:
                    raise ServerError("the console's feed ended before the load did")
                reader.terminate()
        finally:
            reader.terminate()
            reader.wait()


def _sign_in(endpoint: str, token: str) -> str:
    """The cookie of a session."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)
    try:
        body = json.dumps({"token": token})
        connection.request("POST", "/console/api/session", body, _OWN)
        cookie = connection.getresponse().getheader("Set-Cookie")
    finally:
        connection.close()
    if cookie is None:
        raise ServerError("nobody could sign in at the console")
    return cookie.partition(";")[0]


CASES: Mapping[str, Case] = {"console-fan-out": fan_out, "console-rest": rest_to_one}
