"""Filters: which connections of a hub a request is meant for, in a subset of OData V4.

`compile_filter` reads the text once and gives a `Filter` that is then asked for each connection:

    'room-1' in groups and not (userId in ('alice', 'O''Brien')) and length(groups) gt 1

The language and its messages are those of "OData filter syntax in Azure Web PubSub service", with the
identifier `protocol` besides `connectionId`, `userId` and `groups`. A filter is accepted when it gives a
boolean for a connection with an empty id, no user, no groups and no subprotocol; a mistake that only shows
with other values passes.

Where the service's behaviour is undocumented or unhelpful, this package decides:

- A filter that turns out to be ill-typed for some connection does not match that connection. The request goes
  on for the others; it is not left half done.
- `startswith`, `endswith` and `indexof` are ordinal, as `contains` is.
- Commas inside parentheses do not part the items of a list.
- Parentheses, calls and operations may nest 100 deep, which is more than the service allows; `a or b or c` is
  one level however long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from linarite.domain.filters.errors import FilterError, PartError
from linarite.domain.filters.evaluate import compiled
from linarite.domain.filters.parser import parse
from linarite.domain.filters.values import EMPTY, Candidate, Run, as_bool

__all__ = ["DEFAULT_DEPTH", "DEFAULT_LIMIT_BYTES", "Candidate", "Filter", "FilterError", "compile_filter"]

# The documentation calls about 100 clauses the comfortable limit. 16 KiB holds several hundred, and a request
# target is bounded to less than that anyway; only filters in bodies reach it.
DEFAULT_LIMIT_BYTES: Final = 16_384
# The depth at which the service's own parser gives up, which counts more steps for each level.
DEFAULT_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """An accepted filter."""

    text: str
    _run: Run

    def matches(self, candidate: Candidate) -> bool:
        """Whether the connection is one the filter describes; a type error for this connection means no."""
        try:
            return cast("bool", self._run(candidate))
        except PartError:
            return False


def compile_filter(text: str, *, limit_bytes: int = DEFAULT_LIMIT_BYTES, depth: int = DEFAULT_DEPTH) -> Filter:
    """The filter that the text describes, or a `FilterError` whose text is the answer to the client."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limit_bytes:
        raise FilterError(f"Invalid filter: {size} bytes, at most {limit_bytes} are allowed. (Parameter 'filter')")
    try:
        tree = parse(text, depth)
        whole = compiled(tree)
        as_bool(whole.run(EMPTY), whole, tree)
    except PartError as error:
        raise error.explained(text) from None
    return Filter(text, whole.run)
