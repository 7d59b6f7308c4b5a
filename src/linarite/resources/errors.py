"""The one error by which resources refuse a change, with the code that the management API answers."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ResourceError", "expected", "object_at"]

# How much of a refused value an error repeats; the rest helps nobody and could fill a log.
_SHOWN_CHARACTERS = 80


class ResourceError(Exception):
    """A change or look-up is refused: `code` is the platform's word, `target` the member that is wrong."""

    def __init__(self, code: str, message: str, target: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.target = target


def expected(target: str, wanted: str, got: object, code: str = "InvalidRequestContent") -> ResourceError:
    """The error for a member of the wrong form: it names the member, what was expected and what came."""
    shown = repr(got)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = shown[: _SHOWN_CHARACTERS - 3] + "..."
    return ResourceError(code, f"{target}: expected {wanted}, got {shown}.", target)


def object_at(target: str, value: object) -> Mapping[str, object]:
    """The value, which has to be a JSON object. Raises ResourceError naming `target`."""
    if not isinstance(value, Mapping):
        raise expected(target, "an object", value)
    return value
