"""Reads the file that declares resources: TOML, or an ARM template in JSON with its parameters beside it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from linarite.resources.arm_template import parse_template
from linarite.resources.declared import DeclarationError, Declared
from linarite.resources.declared_toml import parse_declared_table
from linarite.resources.model import JsonObject

__all__ = ["read_declared"]


def read_declared(file: Path) -> Declared:
    """What the file declares; raises DeclarationError.

    The values of a template's parameters are those of `NAME.parameters.json` beside `NAME.json`, if it is there.
    """
    text = _read(file)
    if file.suffix.lower() != ".json":
        return parse_declared_table(_parse_toml(text, file))
    values = file.with_suffix(".parameters.json")
    return parse_template(_parse_json(text, file), _parameters(values) if values.exists() else {})


def _parameters(file: Path) -> Mapping[str, object]:
    """The values in a file of parameters ("Create Resource Manager parameter file")."""
    parameters = _parse_json(_read(file), file).get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise DeclarationError(f"{file.name}: parameters: expected an object")
    for name, one in parameters.items():
        if not isinstance(one, Mapping) or "value" not in one:
            raise DeclarationError(f"{file.name}: parameters.{name}: expected an object with a value")
    return {name: one["value"] for name, one in parameters.items()}


def _parse_toml(text: str, file: Path) -> JsonObject:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DeclarationError(f"{file.name}: {error}") from None


def _parse_json(text: str, file: Path) -> JsonObject:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DeclarationError(f"{file.name}: {error}") from None
    if not isinstance(document, dict):
        raise DeclarationError(f"{file.name}: expected an object, got {type(document).__name__}")
    return document


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise DeclarationError(f"{file.name}: {error.strerror}") from None
    except ValueError as error:
        raise DeclarationError(f"{file.name}: {error}") from None
