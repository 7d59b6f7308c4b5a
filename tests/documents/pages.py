"""The examples of the documents: every fenced or indented block of code of every page that git has.

A comment before a block, `<!-- example: server.js -->`, names the file in which a reader saves it.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(
    r"^(?:<!-- example: (?P<file>\S+) -->\n)?"
    r"(?:(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<fenced>.*?)^(?P=indent)```$"
    r"|(?<=\n\n)(?P<indented>(?:    [^\n]+\n)+)(?=\n|\Z))",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Example:
    """One block of a page, as it stands there."""

    page: str
    line: int
    language: str
    file: str | None
    code: str

    @property
    def first_line(self) -> str:
        return self.code.partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'})\n{self.code}"


def pages() -> list[str]:
    """Return the paths of all Markdown files that git has, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def examples(page: str) -> list[Example]:
    """Return the examples of a page in their order."""
    return list(find_examples(page, (ROOT / page).read_text("utf-8")))


def find_examples(page: str, text: str) -> Iterator[Example]:
    """Yield the examples of a text; what is indented by four spaces after an empty line is a block of commands."""
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["indented"] is not None:
            yield Example(page, line, "bash", found["file"], re.sub("^    ", "", found["indented"], flags=re.MULTILINE))
        else:
            code = re.sub(f"^{found['indent']}", "", found["fenced"], flags=re.MULTILINE)
            yield Example(page, line, found["language"], found["file"], code)
