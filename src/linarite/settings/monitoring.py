"""Metrics and resource logs."""

from dataclasses import dataclass
from pathlib import Path

from linarite.settings.definitions import setting

__all__ = ["MonitoringSettings"]


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """Metrics and resource logs."""

    metrics_minutes_kept: int = setting(
        1440,
        section="Metrics",
        unit="minutes",
        minimum=1,
        maximum=525_600,
        reason="Minutes of metrics that `linarite monitor metrics list` can look back: a day. They are kept in memory, "
        "about 1 KB a minute and resource; for longer there are `/metrics` and OTLP.",
    )
    otlp_interval_seconds: float = setting(
        60.0,
        section="Metrics",
        unit="seconds",
        minimum=1,
        maximum=3600,
        reason="So often metrics go to `otlp_endpoint`, if there is one: OpenTelemetry's default.",
    )
    otlp_spans_limit: int = setting(
        10_000,
        section="Metrics",
        unit="spans",
        minimum=1,
        maximum=10_000_000,
        reason="Spans of traces that wait to be sent to `otlp_endpoint`; more are dropped and counted, so that a "
        "collector that does not answer holds up nothing.",
    )
    otlp_traces_ratio: float = setting(
        1.0,
        section="Metrics",
        minimum=0,
        maximum=1,
        reason="The share of traces that go to `otlp_endpoint`; calls that come with a trace follow its own sampling.",
    )
    workspace_retention_days: int = setting(
        30,
        section="Resource logs",
        unit="days",
        minimum=1,
        maximum=3650,
        reason="So long a workspace keeps entries: the default of a Log Analytics workspace.",
    )
    workspace_limit_bytes: int = setting(
        1_073_741_824,
        section="Resource logs",
        unit="bytes",
        minimum=1_048_576,
        maximum=1_099_511_627_776,
        reason="The size of a workspace; at it the oldest entries go.",
    )
    storage_folder: Path | None = setting(
        None,
        section="Resource logs",
        default_words="`storage` in the data folder",
        reason="Holds a folder for each storage account that diagnostic settings name.",
    )
    otlp_endpoint: str | None = setting(
        None,
        section="Resource logs",
        pattern=r"https?://[^\s/?#]+(/[^\s?#]*)?",
        pattern_words="a URL such as http://127.0.0.1:4318",
        default_words="none",
        reason="The OpenTelemetry collector (OTLP over HTTP); diagnostic settings call it event hub namespace `otlp`.",
    )
    resource_log_flush_seconds: float = setting(
        1.0,
        section="Resource logs",
        unit="seconds",
        minimum=0.01,
        maximum=60,
        reason="So often entries are handed to their destinations; a process that is killed loses those since then.",
    )
    resource_log_buffer_bytes: int = setting(
        16_777_216,
        section="Resource logs",
        unit="bytes",
        minimum=65_536,
        maximum=1_073_741_824,
        reason="Entries that wait for one destination; more are dropped and counted, so that a full disk or a dead "
        "collector holds up no message.",
    )
    resource_log_receivers: int = setting(
        10,
        section="Resource logs",
        unit="connections",
        minimum=0,
        maximum=10_000,
        reason="A message to at most so many connections has an entry for each in MessagingLogs; to more, one for all.",
    )
