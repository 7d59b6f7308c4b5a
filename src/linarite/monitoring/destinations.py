"""The destinations of resource logs, opened when a diagnostic setting names them and closed when none does any more."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from linarite import __version__
from linarite.monitoring.diagnostic_settings import Target
from linarite.monitoring.hourly_files import HourlyFiles, StorageTree, WorkspaceTree
from linarite.monitoring.line_streams import OtlpLogs, StandardOutput
from linarite.monitoring.outflow import LineSink, Outflow
from linarite.private_files import make_private_folders
from linarite.settings import Settings

__all__ = ["Destinations", "storage_folder", "workspace_folder"]

# What a destination that no setting names any more may take to write what it has.
_LAST_WORDS_SECONDS = 10.0


def workspace_folder(data_folder: Path, name: str) -> Path:
    """Where the workspace of that name is."""
    return data_folder / "workspaces" / name.lower()


def storage_folder(settings: Settings, name: str) -> Path:
    """Where the storage account of that name is."""
    return (settings.storage_folder or settings.data_folder / "storage") / name.lower()


class Destinations:
    """Outflows by their targets; every resource that names a target shares its outflow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[Target, Outflow] = {}
        self._ended: list[Outflow] = []
        self._dropped_by_ended = 0

    def of(self, target: Target) -> Outflow:
        """The way to a target."""
        outflow = self._open.get(target)
        if outflow is None:
            outflow = self._open[target] = Outflow(
                f"{target.kind} {target.name}",
                _SINKS[target.kind](self._settings, target.name),
                flush_seconds=self._settings.resource_log_flush_seconds,
                limit_bytes=self._settings.resource_log_buffer_bytes,
            )
        return outflow

    def keep_only(self, targets: Collection[Target]) -> None:
        """Close what is not among these; it writes what it has in its own time."""
        for target in [one for one in self._open if one not in targets]:
            outflow = self._open.pop(target)
            outflow.end(_LAST_WORDS_SECONDS)
            self._ended.append(outflow)
        for outflow in [one for one in self._ended if one.is_over]:
            self._ended.remove(outflow)
            self._dropped_by_ended += outflow.dropped

    @property
    def dropped(self) -> int:
        """Lines that no destination will ever have, since the server's start."""
        return self._dropped_by_ended + sum(outflow.dropped for outflow in (*self._open.values(), *self._ended))

    def hurry(self) -> None:
        """Have everything written now."""
        for outflow in self._open.values():
            outflow.hurry()

    @property
    def is_empty(self) -> bool:
        """Whether everything that was logged has reached its destination."""
        return all(outflow.is_empty for outflow in self._open.values())

    def close(self, seconds: float) -> None:
        """Write everything, within this time."""
        outflows = [*self._open.values(), *self._ended]
        for outflow in outflows:
            outflow.end(seconds)
        for outflow in outflows:
            outflow.join(seconds)


def _workspace(settings: Settings, name: str) -> LineSink:
    folder = workspace_folder(settings.data_folder, name)
    with contextlib.suppress(OSError):  # it is made again with the first line
        make_private_folders(folder)  # so that it can be searched from now on
    tree = WorkspaceTree(
        folder, retention_days=settings.workspace_retention_days, limit_bytes=settings.workspace_limit_bytes
    )
    return HourlyFiles(folder, tree)


def _storage(settings: Settings, name: str) -> LineSink:
    return HourlyFiles(storage_folder(settings, name), StorageTree())


def _stream(settings: Settings, name: str) -> LineSink:
    if name == "stdout":
        return StandardOutput()
    return OtlpLogs(settings.otlp_endpoint, __version__)


_SINKS: Mapping[str, Callable[[Settings, str], LineSink]] = {
    "workspace": _workspace,
    "storage": _storage,
    "stream": _stream,
}
