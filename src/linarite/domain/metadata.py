"""Metadata of a message: short text beside its data, from a client's frame or a REST call's headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from linarite.domain.messages import NO_METADATA

__all__ = ["InvalidMetadata", "parse_metadata"]

# A key is an HTTP token (RFC 9110, section 5.6.2), since metadata travels in headers too.
_KEY = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
_VALUE_LIMIT = 1024
_LIMIT = 8 * 1024


class InvalidMetadata(ValueError):
    """Metadata breaks a rule; the text says which."""


def parse_metadata(pairs: Iterable[tuple[str, object]]) -> Mapping[str, str]:
    """The metadata of these keys and values. Raises InvalidMetadata."""
    metadata: dict[str, str] = {}
    for key, value in pairs:
        if not isinstance(value, str) or not value.isascii() or len(value) > _VALUE_LIMIT:
            raise InvalidMetadata(f"metadata: expected ASCII values of at most {_VALUE_LIMIT} characters")
        if _KEY.fullmatch(key) is None or key in metadata:
            raise InvalidMetadata("metadata: expected each key once, of 1 to 256 token characters")
        metadata[key] = value
    size = sum(len(key) + len(value) for key, value in metadata.items())
    if size > _LIMIT:
        raise InvalidMetadata(f"metadata: expected at most {_LIMIT} bytes in all, got {size}")
    return metadata or NO_METADATA
