"""Sinks that are no files: standard output, and an OpenTelemetry collector.

Both stand for what the service calls an event hub, a stream that others read: a diagnostic setting names the namespace
`stdout` or `otlp`.
"""

from __future__ import annotations

import http.client
import os
import ssl
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from linarite.monitoring.outflow import Line, SinkError

__all__ = ["OtlpLogs", "StandardOutput", "otlp_request"]

_TIMEOUT_SECONDS = 10.0
# OpenTelemetry's severity numbers ("Logs Data Model", mapping of SeverityNumber).
_SEVERITIES = {"Informational": 9, "Warning": 13, "Error": 17}
# "OpenTelemetry Protocol Specification", retryable response codes.
_TRY_AGAIN = frozenset((429, 502, 503, 504))


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
        self._url = urlsplit(endpoint or "")
        self._path = self._url.path.rstrip("/") + "/v1/logs"
        self._version = version
        self._connection: http.client.HTTPConnection | None = None

    def write(self, lines: Sequence[Line]) -> None:
        """Post the lines in one request; a status that asks for it, or no answer, means another attempt."""
        if not self._url.netloc:
            raise SinkError("the setting otlp_endpoint is not set", lost=len(lines))
        body = msgspec.json.encode(otlp_request(lines, self._version))
        try:
            connection = self._connection = self._connection or self._connect()
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise SinkError(f"no answer of {self._url.netloc}: {error or type(error).__name__}", lines) from error
        if response.status >= 400:
            self.close()
            text = f"{self._url.netloc} answered {response.status}"
            raise SinkError(text, lines) if response.status in _TRY_AGAIN else SinkError(text, lost=len(lines))

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, self._url.port, timeout=_TIMEOUT_SECONDS)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, self._url.port, timeout=_TIMEOUT_SECONDS, context=context)

    def tend(self) -> None:
        """Nothing to look after."""

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


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
