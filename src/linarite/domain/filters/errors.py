"""What is wrong with a filter: the error a caller sees and the finding from which its text is made."""

from __future__ import annotations

from linarite.domain.filters.tree import Node, printed

TOO_DEEP = "Recursion depth exceeded allowed limit."


class FilterError(ValueError):
    """A filter that cannot be accepted; `str()` is the complete text for the answer 400."""


class PartError(Exception):
    """A finding inside a filter: the part at fault (none: the whole text) and the reason.

    Printing the part is left to `FilterError` time, because evaluating a filter for thousands of connections
    may raise and drop one of these for each.
    """

    def __init__(self, part: Node | None, reason: str) -> None:
        super().__init__(reason)
        self.part = part
        self.reason = reason

    def explained(self, text: str) -> FilterError:
        """The error for the caller, given the text of the whole filter."""
        part = text if self.part is None else printed(self.part)
        message = f"Invalid syntax for '{part}': {self.reason} (Parameter 'filter')"
        # JSON can carry half of a surrogate pair; the answer is UTF-8 and cannot.
        return FilterError(message.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
