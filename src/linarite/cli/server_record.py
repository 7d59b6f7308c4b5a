"""Where the server of a data folder runs, from the file that it keeps there while it does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NoServer", "ServerRecord", "https_endpoint", "read_server_record"]


class NoServer(Exception):
    """No server runs with the data folder; the text says so and what to do."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """A running server's endpoints, None for one that it does not listen on."""

    http: str | None
    https: str | None


def read_server_record(data_folder: Path) -> ServerRecord:
    """The endpoints of the server that runs with that folder. Raises NoServer."""
    file = data_folder / "server.json"
    try:
        record = json.loads(file.read_text("utf-8"))
        return ServerRecord(record["http"], record["https"])
    except FileNotFoundError:
        raise NoServer(
            f"no server runs with the data folder {data_folder}: start one, such as 'linarite dev'"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoServer(f"{file} does not tell where the server is: {error}") from None


def https_endpoint(data_folder: Path) -> str:
    """The https endpoint of the running server, where alone clients of the authority sign in. Raises NoServer."""
    endpoint = read_server_record(data_folder).https
    if endpoint is None:
        raise NoServer("the server does not listen for https, without which az and azure-identity sign nobody in")
    return endpoint
