"""Traces in OTLP's JSON form, and the posting of documents to a collector (OpenTelemetry Protocol, "OTLP/HTTP").

Written here rather than taken from OpenTelemetry's SDK: what is sent are two documents of a few members, while the SDK
brings nine packages, threads of its own, and spans that cost more than the calls that they measure.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from linarite.monitoring.spans import Span

__all__ = ["OtlpError", "OtlpPost", "otlp_attributes", "otlp_resource", "spans_document"]

_TIMEOUT_SECONDS = 10.0
_NANOSECONDS = 1_000_000_000
_STATUS_ERROR = 2  # Status.StatusCode


# "OpenTelemetry Protocol Specification", retryable response codes.
_TRY_AGAIN = frozenset((429, 502, 503, 504))


class OtlpError(Exception):
    """The collector did not take a document; the text says why."""

    def __init__(self, text: str, *, may_try_again: bool) -> None:
        """`may_try_again` when the same document may be taken later."""
        super().__init__(text)
        self.may_try_again = may_try_again


class OtlpPost:
    """Posts documents to a collector, over one connection. Used by one thread at a time, which waits."""

    def __init__(self, endpoint: str) -> None:
        self._url = urlsplit(endpoint)
        self._connection: http.client.HTTPConnection | None = None

    def post(self, signal: str, document: Mapping[str, object]) -> None:
        """Post to `{endpoint}/v1/{signal}`. Raises OtlpError."""
        path = f"{self._url.path.rstrip('/')}/v1/{signal}"
        body = msgspec.json.encode(document)
        try:
            connection = self._connection = self._connection or self._connect()
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            text = f"no answer of {self._url.netloc}: {error or type(error).__name__}"
            raise OtlpError(text, may_try_again=True) from error
        if response.status >= 400:
            self.close()
            text = f"{self._url.netloc} answered {response.status}"
            raise OtlpError(text, may_try_again=response.status in _TRY_AGAIN)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, self._url.port, timeout=_TIMEOUT_SECONDS)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, self._url.port, timeout=_TIMEOUT_SECONDS, context=context)


def otlp_resource(version: str, instance: str) -> dict[str, object]:
    """Who sends, by OpenTelemetry's names; `instance` tells one server from the next."""
    facts = {"service.name": "linarite", "service.version": version, "service.instance.id": instance}
    return {"attributes": otlp_attributes(facts)}


def otlp_attributes(values: Mapping[str, str | int]) -> list[dict[str, object]]:
    """Attributes in the protocol's form: 64-bit numbers are texts in its JSON."""
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in values.items()
    ]


def spans_document(spans: Sequence[Span], resource: Mapping[str, object], version: str) -> dict[str, object]:
    """An ExportTraceServiceRequest."""
    scope = {"name": "linarite", "version": version}
    return {
        "resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": list(map(_span, spans))}]}]
    }


def _span(span: Span) -> dict[str, object]:
    started = int(span.started * _NANOSECONDS)
    document: dict[str, object] = {
        "traceId": span.context.trace_id,
        "spanId": span.context.span_id,
        "name": span.name,
        "kind": span.kind.value,
        "startTimeUnixNano": str(started),
        "endTimeUnixNano": str(started + int(span.seconds * _NANOSECONDS)),
        "attributes": otlp_attributes(span.attributes),
    }
    if span.context.parent_id is not None:
        document["parentSpanId"] = span.context.parent_id
    if span.error is not None:
        document["status"] = {"code": _STATUS_ERROR, "message": span.error}
    return document
