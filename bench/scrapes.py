"""Scrapes of `/metrics`: how long one takes while many clients are connected."""

import http.client
import time
from pathlib import Path

__all__ = ["scrape_seconds"]

# One connection, as Prometheus keeps one; the first scrape imports what a start need not.
_WARM_UP = 3


def scrape_seconds(port: int, data_folder: Path, times: int) -> list[float]:
    """The length of each of so many scrapes, from the request to the end of its answer."""
    credential = (data_folder / "administrator-token").read_text().strip()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    seconds = []
    for number in range(_WARM_UP + times):
        started = time.perf_counter()
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {credential}"})
        response = connection.getresponse()
        page = response.read()
        ended = time.perf_counter()
        if response.status != 200 or b"webpubsub_connection_count" not in page:
            raise RuntimeError(f"expected the metrics page, got status {response.status}")
        if number >= _WARM_UP:
            seconds.append(ended - started)
    connection.close()
    return seconds
