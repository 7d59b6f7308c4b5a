"""Close codes: those that the service gives a reason for, and what a client says with one (RFC 6455, section 7.4)."""

from __future__ import annotations

from typing import Any, NamedTuple

from picows import WSFrame

__all__ = [
    "INTERNAL_ERROR",
    "INVALID_DATA",
    "NORMAL_CLOSURE",
    "POLICY_VIOLATION",
    "PROTOCOL_ERROR",
    "REASONS",
    "TOO_LARGE",
    "Goodbye",
    "goodbye_of",
]

# Section 7.4.1; "Close codes" in docs/reference/clients.md.
NORMAL_CLOSURE = 1000
PROTOCOL_ERROR = 1002
INVALID_DATA = 1007
POLICY_VIOLATION = 1008
TOO_LARGE = 1009
INTERNAL_ERROR = 1011
REASONS = {
    PROTOCOL_ERROR: "The client frame is invalid.",
    INVALID_DATA: "The client message is not valid UTF-8.",
    TOO_LARGE: "The client message is too large.",
    INTERNAL_ERROR: "Internal server error",
}
"""What the service says of each way in which a frame can be wrong."""

_NO_CODE = 0  # picows' word for a close frame without a code
# Codes that picows lets pass though no close frame may carry them: 1006 means that none came, and from 5000 on there is
# no meaning at all (section 7.4.2).
_ABNORMAL = 1006
_CODES_END = 5000


class Goodbye(NamedTuple):
    """A client's close frame; without a code it has no reason either."""

    code: int | None
    reason: str


def goodbye_of(frame: WSFrame) -> Goodbye | None:
    """What a close frame says, None if it may not say that."""
    # picows' stub calls the code an enum, which codes of applications are not in.
    found: Any = frame.get_close_code()
    code = int(found)
    if code == _ABNORMAL or code >= _CODES_END or (code == _NO_CODE and frame.payload_size):
        return None
    return Goodbye(None if code == _NO_CODE else code, frame.get_close_reason() or "")
