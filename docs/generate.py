"""Writes the reference pages that are made from the code: `make docs`."""

import json
from pathlib import Path

from docs.command_pages import commands_page
from docs.metric_pages import metrics_page
from docs.support import support_page

from linarite.http.development.openapi import openapi_document
from linarite.settings import Definition, definitions

__all__ = ["development_document", "main", "pages", "settings_page"]

REFERENCE = Path(__file__).parent / "reference"

SETTINGS_OPENING = """\
# Settings

This page is made from the code by `make docs`.

A setting comes from the first of these that has it:

1. an argument of the command, `--tls-port 9443`
2. an environment variable, `LINARITE_TLS_PORT=9443`
3. a TOML file, `tls_port = 9443`, named by `--config` or `LINARITE_CONFIG`
4. the default

`linarite config show` prints the settings that result and where each comes from; what it prints is a TOML file.
`linarite config check` only checks them. Unknown keys and unknown `LINARITE_` variables are warned of. A value of the
wrong type or range stops the start. An empty variable counts as not set. A list is separated by commas, in TOML it is
an array. Relative paths in a file start at the file's folder.
"""


def main() -> None:
    """Write every page."""
    for file, text in pages().items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        print(f"wrote {file.relative_to(REFERENCE.parents[1])}")


def pages() -> dict[Path, str]:
    """Return the text of each generated page by its file."""
    return {
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "metrics.md": metrics_page(),
        REFERENCE.parent / "support.md": support_page(),
        REFERENCE / "development-openapi.json": development_document(),
    }


def development_document() -> str:
    """Return the OpenAPI document of the endpoints for tests, as a server serves it."""
    return json.dumps(openapi_document(), indent=2) + "\n"


def settings_page() -> str:
    """Return the reference page of all settings, from their definitions."""
    sections: dict[str, list[Definition]] = {}
    for definition in definitions():
        sections.setdefault(definition.description.section, []).append(definition)
    parts = [SETTINGS_OPENING]
    for section, members in sections.items():
        parts.append(f"## {section}\n")
        parts += [_entry(definition) for definition in members]
    return "\n".join(parts)


def _entry(definition: Definition) -> str:
    unit = f" ({definition.description.unit})" if definition.description.unit else ""
    return (
        f"### {definition.name}\n\n"
        f"{definition.description.reason}\n\n"
        f"- value: {definition.expected}{unit}\n"
        f"- default: {definition.default_text}\n"
        f"- argument `{definition.argument}`, variable `{definition.variable}`, key `{definition.name}`\n"
    )


if __name__ == "__main__":
    main()
