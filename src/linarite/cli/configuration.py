"""`linarite config show` and `linarite config check`."""

import json
import sys
from collections.abc import Sequence

from linarite.cli.setting_arguments import add_setting_arguments, load_settings, new_parser
from linarite.resources.declared import check_declared
from linarite.resources.declared_files import read_declared
from linarite.resources.hub_settings import parse_hub_settings
from linarite.settings import Loaded, definitions

__all__ = ["run_config", "setting_lines", "toml_value"]


def run_config(words: Sequence[str]) -> int:
    """Print or check the settings that a server would start with, and return the exit code."""
    parser = new_parser("config", "Print or check the settings that a server would start with.")
    parser.add_argument("action", choices=("show", "check"))
    add_setting_arguments(parser)
    parsed = parser.parse_args(words)
    loaded = load_settings(parsed)
    for warning in loaded.warnings:
        print(f"linarite: {warning}", file=sys.stderr)
    for name, properties in loaded.hubs.items():
        parse_hub_settings(name, properties)
    if loaded.settings.resources is not None:
        check_declared(read_declared(loaded.settings.resources))
    if parsed.action == "show":
        print("\n".join(setting_lines(loaded)))
    else:
        print("the settings are valid" + (", with warnings" if loaded.warnings else ""))
    return 0


def setting_lines(loaded: Loaded) -> list[str]:
    """Return the settings as the lines of a TOML file, each with its source as a comment."""
    return [
        f"{definition.name} = {toml_value(getattr(loaded.settings, definition.name))}"
        f"  # {loaded.origins[definition.name]}"
        for definition in definitions()
    ]


def toml_value(value: object) -> str:
    """Return a setting's value as TOML writes it; TOML has no word for no value, so that is the text `none`."""
    match value:
        case None:
            return '"none"'
        case tuple():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(str(value), ensure_ascii=False)  # a JSON text is a TOML basic string too
