"""Where settings come from: the first of argument, environment variable and TOML file that has one.

Unknown TOML keys and unknown `LINARITE_` variables are warned of with the nearest known name: a misspelt
setting that is silently ignored costs more time than one that is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from linarite.settings.definitions import ENVIRONMENT_PREFIX, Definition, SettingsError

__all__ = ["CONFIG_VARIABLE", "find_value", "read_file", "read_hubs", "unknown_keys", "unknown_variables"]

CONFIG_VARIABLE = "LINARITE_CONFIG"
"""Names the TOML file where the `--config` argument does not."""

OTHER_VARIABLES = (CONFIG_VARIABLE, "LINARITE_ENDPOINT", "LINARITE_ADMINISTRATOR_TOKEN", "LINARITE_CONNECTION_STRING")
"""Variables with our prefix that are no settings: the file, and the server that the command line speaks to, and how."""

SERVICE_LINK = re.compile(r"LINARITE_(SERVICE_(HOST|PORT).*|PORT_[0-9]+_(TCP|UDP|SCTP).*)")
"""Variables that Kubernetes sets in every pod when a Service is called `linarite` (Kubernetes documentation,
"Discovering services: Environment variables"). Its LINARITE_PORT reads `tcp://10.0.0.11:8080`."""


def read_file(file: Path) -> dict[str, object]:
    """Return the table of a TOML file, or raise SettingsError."""
    import tomllib  # most starts have no file, and it costs milliseconds

    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError("config", "a readable TOML file", error.strerror, f"file {file}") from None
    except ValueError as error:
        raise SettingsError("config", "a valid TOML file", str(error), f"file {file}") from None


def read_hubs(table: dict[str, object], file: Path | None) -> Mapping[str, Mapping[str, object]]:
    """Take the tables `[hubs.NAME]` out of a TOML file's table and return them, or raise SettingsError."""
    hubs = table.pop("hubs", {})
    if not isinstance(hubs, dict) or not all(isinstance(hub, dict) for hub in hubs.values()):
        raise SettingsError("hubs", "tables [hubs.NAME]", hubs, f"file {file}")
    return hubs


def find_value(
    definition: Definition,
    arguments: Mapping[str, object],
    environment: Mapping[str, str],
    table: Mapping[str, object],
    file: Path | None,
) -> tuple[object, str] | None:
    """Return a setting's value and the words for its source, or None where no source has it."""
    if (given := arguments.get(definition.name)) is not None:
        source = f"argument {definition.argument}"
        return definition.read(given, source), source
    # An empty variable counts as not set: compose files pass on variables that the user left empty.
    if (text := environment.get(definition.variable)) and not _is_service_link(definition.variable, text):
        source = f"environment variable {definition.variable}"
        return definition.read(text, source), source
    if definition.name in table and file is not None:
        source = f"file {file}"
        return definition.read(table[definition.name], source, folder=file.absolute().parent), source
    return None


def unknown_variables(environment: Mapping[str, str], known: Sequence[Definition]) -> Iterator[str]:
    """Yield a warning for every variable with our prefix that no setting has."""
    names = [*OTHER_VARIABLES, *(definition.variable for definition in known)]
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in names:
            continue
        if not _is_service_link(variable, environment[variable]):
            yield f"unknown environment variable {variable}" + _nearest(variable, names, ENVIRONMENT_PREFIX)


def unknown_keys(table: Iterable[str], file: Path | None, known: Sequence[Definition]) -> Iterator[str]:
    """Yield a warning for every key of a TOML file that no setting has."""
    names = [definition.name for definition in known]
    for key in table:
        if key not in names:
            yield f"unknown key {key} in file {file}" + _nearest(key, names)


def _is_service_link(variable: str, text: str) -> bool:
    return SERVICE_LINK.fullmatch(variable) is not None or (variable == "LINARITE_PORT" and "://" in text)


def _nearest(name: str, known: Sequence[str], prefix: str = "") -> str:
    """Return a question for the known name that is most like another; a common prefix likens nothing."""
    import difflib  # only needed to explain a mistake

    stems = [other.removeprefix(prefix) for other in known]
    matches = difflib.get_close_matches(name.removeprefix(prefix), stems, n=1)
    return f"; did you mean {prefix}{matches[0]}?" if matches else ""
