"""Which `api-version` values the management API takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from linarite.resources.errors import ResourceError

__all__ = ["WEB_PUB_SUB_VERSIONS", "VersionCheck", "any_version", "web_pub_sub_version"]

VersionCheck: TypeAlias = Callable[[str], None]

WEB_PUB_SUB_VERSIONS = (
    "2021-04-01-preview",
    "2021-06-01-preview",
    "2021-09-01-preview",
    "2021-10-01",
    "2022-08-01-preview",
    "2023-02-01",
    "2023-03-01-preview",
    "2023-06-01-preview",
    "2023-08-01-preview",
    "2024-01-01-preview",
    "2024-03-01",
    "2024-04-01-preview",
    "2024-08-01-preview",
    "2024-10-01-preview",
    "2025-01-01-preview",
    "2025-08-01-preview",
    "2025-12-01-preview",
)
"""Published versions of Microsoft.SignalRService/webPubSub, oldest first."""
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")


def web_pub_sub_version(version: str) -> None:
    """Raise ResourceError unless the provider Microsoft.SignalRService has published that version."""
    if version.lower() not in WEB_PUB_SUB_VERSIONS:
        raise _invalid(version, "one of " + ", ".join(WEB_PUB_SUB_VERSIONS))


def any_version(version: str) -> None:
    """Raise ResourceError unless that has a version's form; resource groups are the same in all of them."""
    if _DATED.fullmatch(version.lower()) is None:
        raise _invalid(version, "a date such as 2024-11-01")


def _invalid(version: str, wanted: str) -> ResourceError:
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        return ResourceError("MissingApiVersionParameter", message, "api-version")
    message = f"The api-version '{version[:40]}' is invalid: expected {wanted}."
    return ResourceError("InvalidApiVersionParameter", message, "api-version")
