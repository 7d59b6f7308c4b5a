"""What tools print: lines for a person, coloured on a terminal, or with `--json` one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console, RenderableType
from rich.text import Text

__all__ = ["Output", "printable"]

# C0 and C1 controls but tab and new line, and what turns the direction of text: a message must not move a cursor,
# set a title or make a line look like another one.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SHOWN = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _CONTROLS if code not in (9, 10)}


def printable(text: str) -> str:
    """Text from strangers as a terminal may show it."""
    return text.translate(_SHOWN)


class _Console(Console):
    """A console that leaves to its caller what happens when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Output:
    """Standard output in one of its two forms, and notes on standard error."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        # Without a width that rich would wrap lines at: whoever pipes or copies a line wants it whole.
        self._console = _Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
        self._errors = _Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees standard output, and not a program."""
        return self._console.is_terminal

    @property
    def errors(self) -> Console:
        """Where progress is shown."""
        return self._errors

    def line(self, document: Mapping[str, object], *parts: tuple[str, str]) -> None:
        """Print one line: the document, or texts with their styles."""
        if self.is_json:
            self.data(json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str))
        elif self.is_terminal:
            self._console.print(Text.assemble(*((printable(text), style) for text, style in parts)))
        else:
            self.data("".join(text for text, _ in parts))

    def data(self, text: str) -> None:
        """Print a line as it stands, at once: readers of a pipe wait for it."""
        # Lone surrogates cannot be written; they come from JSON escapes of strangers.
        sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")
        sys.stdout.flush()

    def show(self, renderable: RenderableType) -> None:
        """Print a table."""
        with self._console.capture() as capture:
            self._console.print(renderable)
        # Rich fills lines up to the table's width, which nobody needs in a file.
        self.data("\n".join(line.rstrip() for line in capture.get().splitlines()))

    def note(self, text: str) -> None:
        """Tell a person something beside the output."""
        self._errors.print(Text(printable(text), "dim"))
