"""The options of `monitor metrics` as `az` reads them: the target resource, periods, times, and the query they make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from knack.util import CLIError

__all__ = ["Target", "duration_of", "parse_period", "parse_time", "resource_path", "timespan"]

# The form of periods in `az`: 1d2h30m, or ISO 8601. Without days or hours before it, M means minutes.
_PERIOD = re.compile(r"(?:(\d{1,5})D)?(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?")
_ISO_PERIOD = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_ID_PARTS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """The options that name a resource, when its id does not."""

    resource: str
    resource_group: str | None
    resource_type: str | None
    namespace: str | None
    parent: str | None


def parse_period(text: str) -> timedelta:
    """A period such as 1h, 1d12h or PT5M. Raises CLIError."""
    wanted = text.upper()
    found = _ISO_PERIOD.fullmatch(wanted) or _PERIOD.fullmatch(wanted)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    period = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not period:
        raise CLIError(f"Expected a period such as 1d, 1h30m or PT5M, got '{text}'.")
    return period


def duration_of(period: timedelta) -> str:
    """A period in ISO 8601, as the management API takes it."""
    minutes, seconds = divmod(int(period.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")


def parse_time(text: str) -> datetime:
    """A time such as 2026-01-31, 2026-01-31T12:00:00Z or 2026-01-31 12:00; without a zone, UTC. Raises CLIError."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CLIError(f"Expected a time such as 2026-01-31T12:00:00Z, got '{text}'.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def timespan(start: str | None, end: str | None, offset: str, now: datetime) -> str:
    """The time span of a query: from `start` to `end`, where one that is not given lies `offset` from the other."""
    length = parse_period(offset)
    first = parse_time(start) if start else None
    last = parse_time(end) if end else None
    if first is None:
        last = last or now
        first = last - length
    elif last is None:
        last = first + length
    return f"{first.isoformat()}/{last.isoformat()}"


def resource_path(target: Target) -> str:
    """The path of the resource that the options name: by its id, or by name, group and type. Raises CLIError."""
    resource = target.resource
    if resource.startswith("/"):
        if any((target.resource_group, target.resource_type, target.namespace, target.parent)):
            raise CLIError("--resource is an id: expected none of the other options that name a resource.")
        if len(resource.strip("/").split("/")) < _ID_PARTS:
            raise CLIError(f"--resource: expected a resource's id, got '{resource}'.")
        return quote(resource.rstrip("/"), safe="/")
    kind = f"{target.namespace}/{target.resource_type}" if target.namespace else target.resource_type or ""
    if not target.resource_group or "/" not in kind:
        raise CLIError("--resource is a name: expected --resource-group, and --resource-type with its namespace.")
    parent = f"{target.parent.strip('/')}/" if target.parent else ""
    namespace, _, last = kind.rpartition("/")
    path = f"/resourceGroups/{target.resource_group}/providers/{namespace}/{parent}{last}/{resource}"
    return quote(path, safe="/")
