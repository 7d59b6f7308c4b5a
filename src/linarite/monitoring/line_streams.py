"""Sinks that are no files: standard output, and an OpenTelemetry collector.

Both stand for what the service calls an event hub, a stream that others read: a diagnostic setting names the namespace
`stdout` or `otlp`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

import msgspec

from linarite.monitoring.otlp import OtlpError, OtlpPost
from linarite.monitoring.outflow import Line, SinkError

__all__ = ["OtlpLogs", "StandardOutput", "otlp_request"]

# OpenTelemetry's severity numbers ("Logs Data Model", mapping of SeverityNumber).
_SEVERITIES = {"Informational": 9, "Warning": 13, "Error": 17}


class StandardOutput:
    """Writes one JSON object a line to the process's standard output, for log collectors."""

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor

    def write(self, lines: Sequence[Line]) -> None:
        """Write all lines; a reader that does not read keeps this thread waiting and nobody else."""
        content = memoryview(b"\n".join([*[text for _, text in lines], b""]))
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except OSError as error:
            # Nobody will ever read the rest: a second attempt would repeat what went out.
            raise SinkError(f"{error.strerror}: standard output", lost=len(lines)) from error

    def tend(self) -> None:
        """Nothing to look after."""

    def close(self) -> None:
        """Standard output stays open."""


class OtlpLogs:
    """Posts lines to `{endpoint}/v1/logs` in the JSON form of OTLP/HTTP."""

    def __init__(self, endpoint: str | None, version: str) -> None:
        """`version` is that of Linarite, told as the instrumentation's; without an endpoint every line is lost.

        The latter happens when the endpoint is taken out of the settings while a diagnostic setting still names it.
        """
        self._post = OtlpPost(endpoint) if endpoint else None
        self._version = version

    def write(self, lines: Sequence[Line]) -> None:
        """Post the lines in one request; a status that asks for it, or no answer, means another attempt."""
        if self._post is None:
            raise SinkError("the setting otlp_endpoint is not set", lost=len(lines))
        try:
            self._post.post("logs", otlp_request(lines, self._version))
        except OtlpError as error:
            if error.may_try_again:
                raise SinkError(str(error), lines) from error
            raise SinkError(str(error), lost=len(lines)) from error

    def tend(self) -> None:
        """Nothing to look after."""

    def close(self) -> None:
        """Close the connection."""
        if self._post is not None:
            self._post.close()


def otlp_request(lines: Sequence[Line], version: str) -> dict[str, object]:
    """An ExportLogsServiceRequest in OTLP's JSON form, the lines grouped by resource."""
    by_resource: dict[str, list[object]] = {}
    for stream, text in lines:
        by_resource.setdefault(stream.resource_id, []).append(_log_record(text))
    scope = {"name": "linarite.resource_logs", "version": version}
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _attributes({"service.name": "linarite", "cloud.resource_id": resource_id})},
                "scopeLogs": [{"scope": scope, "logRecords": records}],
            }
            for resource_id, records in by_resource.items()
        ]
    }


def _log_record(text: bytes) -> dict[str, object]:
    entry = msgspec.json.decode(text)
    properties = dict(entry["properties"])
    at = datetime.fromisoformat(entry["time"])
    record: dict[str, object] = {
        "timeUnixNano": str(round(at.timestamp() * 1000) * 1_000_000),
        "severityNumber": _SEVERITIES[entry["level"]],
        "severityText": entry["level"],
        "eventName": entry["operationName"],
        "body": {"stringValue": properties.pop("message")},
    }
    trace_id = properties.get("traceId")
    if trace_id:
        record["traceId"] = trace_id
    properties |= {name: entry[name] for name in ("category", "operationName", "location", "callerIpAddress")}
    record["attributes"] = _attributes(properties)
    return record


def _attributes(values: dict[str, object]) -> list[dict[str, object]]:
    """Attributes in the protocol's form; 64-bit numbers are texts in its JSON, absent values are left out."""
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}}
        for name, value in values.items()
        if value is not None
    ]
