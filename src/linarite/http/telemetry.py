"""Sends metrics and traces to an OpenTelemetry collector, if the setting `otlp_endpoint` names one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from linarite import __version__
from linarite.http.metric_families import MetricSources, families
from linarite.http.otlp_metrics import metrics_document
from linarite.monitoring.logs import log_event
from linarite.monitoring.otlp import OtlpError, OtlpPost, otlp_resource, spans_document
from linarite.monitoring.spans import SpanBuffer

__all__ = ["Telemetry"]

_log = logging.getLogger(__name__)

# OpenTelemetry's defaults for its batch span processor: every 5 seconds, 512 spans in a request.
_SPANS_SECONDS = 5.0
_SPANS_IN_A_REQUEST = 512
# A collector that does not answer must not hold up the server's end.
_LAST_WORDS_SECONDS = 3.0


class Telemetry:
    """What is exported, and how far it has come."""

    def __init__(
        self, endpoint: str, interval_seconds: float, sources: MetricSources, spans: SpanBuffer, instance: str
    ) -> None:
        """`interval_seconds` lies between two exports of the metrics; `instance` tells this server from the next."""
        self._post = OtlpPost(endpoint)
        self._interval_seconds = interval_seconds
        self._sources = sources
        self._spans = spans
        self._resource = otlp_resource(__version__, instance)
        self._started = time.time()
        self._is_failing = False

    async def run(self) -> None:
        """Export until this is cancelled."""
        pause = min(_SPANS_SECONDS, self._interval_seconds)
        metrics_at = time.monotonic() + self._interval_seconds
        while True:
            await asyncio.sleep(pause)
            await self.export_spans()
            if time.monotonic() >= metrics_at:
                metrics_at += self._interval_seconds
                await self.export_metrics()

    async def close(self) -> None:
        """Export what there is, for a few seconds at most. `run` has ended."""
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self.export_metrics()
                await self.export_spans()
        except TimeoutError:
            log_event(_log, logging.WARNING, "telemetry not exported", reason="the collector took too long")
        self._post.close()

    async def export_metrics(self) -> None:
        """Send all metrics as they are."""
        now = time.time()
        document = metrics_document(families(self._sources), self._resource, __version__, self._started, now)
        await self._send("metrics", document)

    async def export_spans(self) -> None:
        """Send the spans that wait; those that the collector does not take are lost."""
        while spans := self._spans.take(_SPANS_IN_A_REQUEST):
            if not await self._send("traces", spans_document(spans, self._resource, __version__)):
                self._spans.dropped += len(spans)
                return

    async def _send(self, signal: str, document: Mapping[str, object]) -> bool:
        try:
            await asyncio.to_thread(self._post.post, signal, document)
        except OtlpError as error:
            if not self._is_failing:
                log_event(_log, logging.WARNING, "telemetry not exported", signal=signal, reason=error)
            self._is_failing = True
            return False
        if self._is_failing:
            log_event(_log, logging.INFO, "telemetry exported again")
        self._is_failing = False
        return True
