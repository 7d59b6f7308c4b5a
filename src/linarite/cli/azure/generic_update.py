"""`--set`, `--add` and `--remove` of update commands, with the rules of the Azure CLI (azure-cli 2.91, commands.arm).

Paths are names with dots between, `[n]` for an item of a list and `[key=value]` for the one that has it. Members of the
API compare as Python names do in `az`: `networkACLs`, `networkAcLs` and `network_ac_ls` are one. Tags are plain
dictionaries: their keys are as written. Changes are made in the order in which they were given.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from knack.log import get_logger
from knack.util import CLIError

__all__ = ["Change", "apply_changes", "in_order"]

_logger = get_logger(__name__)

_SEGMENT = re.compile(r"(\[[^\]]*\])|([^.\[\]]+)")
_INDEX = re.compile(r"\[(-?\d+)\]")
_SNAKE_STEPS = (re.compile(r"(.)([A-Z][a-z]+)"), re.compile(r"([a-z0-9])([A-Z])"))
# Members whose keys are a user's own.
_DICTIONARIES = ("tags",)


@dataclass(frozen=True, slots=True)
class Change:
    """One occurrence of an option: which one, its words, and its place among the others of a command."""

    option: str
    words: tuple[str, ...]
    place: int


def in_order(*options: Sequence[Change] | None) -> list[Change]:
    """The changes of several options, as they were given."""
    return sorted((change for changes in options for change in changes or ()), key=lambda change: change.place)


def apply_changes(document: dict[str, Any], changes: Sequence[Change], *, force_string: bool) -> None:
    """Make the changes in a document. Raises CLIError for what does not fit it."""
    for change in changes:
        match change.option:
            case "--set":
                for word in change.words:
                    _set(document, word, force_string)
            case "--add":
                _add(document, change.words, force_string)
            case _:
                _remove(document, change.words)


def _set(document: dict[str, Any], word: str, force_string: bool) -> None:
    path, text = _split(word)
    *parents, last = _path("--set", path)
    holder = _find(document, parents, create=True)
    # The values of tags are texts, whatever they look like.
    value = text if force_string or _is_dictionary(parents) else _value(text)
    _put(holder, last, value, [*parents, last])


def _add(document: dict[str, Any], words: Sequence[str], force_string: bool) -> None:
    path = _path("--add", words[0])
    target = _find(document, path)
    if target is None:
        target = []
        _put(_find(document, path[:-1], create=True), path[-1], target, path)
    if not isinstance(target, list):
        raise CLIError(f"--add: expected a list at '{words[0]}', such as --add PROPERTY.LIST KEY=VALUE.")
    target.extend(_items(words[1:], force_string))


def _items(words: Sequence[str], force_string: bool) -> list[Any]:
    """What the words add: KEY=VALUE words in a row are one object."""
    found: list[Any] = []
    is_open = False
    for word in words:
        name, equals, text = word.partition("=")
        if equals and not word.startswith(("{", "[", '"')):
            if not is_open:
                found.append({})
            found[-1][name] = text
        else:
            found.append(word if force_string else _value(word))
        is_open = bool(equals) and not word.startswith(("{", "[", '"'))
    return found


def _remove(document: dict[str, Any], words: Sequence[str]) -> None:
    path = _path("--remove", words[0])
    holder, last = _find(document, path[:-1]), path[-1]
    if len(words) > 1:
        _remove_item(_find(document, path), words[1], path)
    elif _INDEX.fullmatch(last):
        _remove_item(holder, last[1:-1], path[:-1])
    elif not isinstance(holder, dict) or _name_in(holder, last, path) not in holder:
        raise _not_found(holder, last, path)
    else:
        name = _name_in(holder, last, path)
        if _is_dictionary(path[:-1]):
            del holder[name]
        else:
            holder[name] = [] if isinstance(holder[name], list) else None


def _remove_item(target: object, index: str, path: Sequence[str]) -> None:
    if not isinstance(target, list):
        raise CLIError(f"--remove: expected a list at '{_text(path)}'.")
    try:
        target.pop(int(index))
    except ValueError:
        raise CLIError(f"--remove: expected the index of an item, got '{index}'.") from None
    except IndexError:
        raise CLIError(f"index {index} doesn't exist on {_text(path)}") from None


def _find(document: Any, path: Sequence[str], *, create: bool = False) -> Any:  # noqa: ANN401 - JSON
    """What is at a path; with `create`, an object takes the place of null."""
    found = document
    for number, segment in enumerate(path):
        holder, found = found, _child(found, segment, path[: number + 1])
        if found is None and create:
            found = {}
            _put(holder, segment, found, path[: number + 1])
    return found


def _child(holder: Any, segment: str, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    if segment.startswith("["):
        return _item(holder, segment[1:-1], path)
    if not isinstance(holder, dict):
        raise _not_found(holder, segment, path)
    name = _name_in(holder, segment, path)
    if name not in holder:
        raise _not_found(holder, segment, path)
    return holder[name]


def _item(holder: Any, condition: str, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(holder, list):
        raise _not_found(holder, f"[{condition}]", path)
    key, equals, text = condition.partition("=")
    if not equals:
        try:
            return holder[int(condition)]
        except (ValueError, IndexError):
            raise CLIError(f"index {condition} doesn't exist on {_text(path[:-1])}") from None
    found = [one for one in holder if isinstance(one, dict) and one.get(_name_in(one, key, path)) == _value(text)]
    if len(found) != 1:
        how = "found multiple matches" if found else "has no match"
        raise CLIError(f"key '{key}' with value '{text}' {how} on {_text(path[:-1])}")
    return found[0]


def _put(holder: Any, segment: str, value: object, path: Sequence[str]) -> None:  # noqa: ANN401 - JSON
    index = _INDEX.fullmatch(segment)
    if index and isinstance(holder, list):
        try:
            holder[int(index[1])] = value
        except IndexError:
            raise CLIError(f"index {index[1]} doesn't exist on {_text(path[:-1])}") from None
    elif isinstance(holder, dict) and not segment.startswith("["):
        name = _name_in(holder, segment, path)
        if name not in holder and not _is_dictionary(path[:-1]) and len(path) == 1:
            _logger.warning("Property '%s' not found. It is sent as an additional property.", segment)
        holder[name] = value
    else:
        raise _not_found(holder, segment, path)


def _name_in(holder: dict[str, Any], segment: str, path: Sequence[str]) -> str:
    """The name under which an object has a member, else the one that was written."""
    if segment in holder or _is_dictionary(path[:-1]):
        return segment
    return next((name for name in holder if _snake(name) == _snake(segment)), segment)


def _is_dictionary(path: Sequence[str]) -> bool:
    return bool(path) and path[-1] in _DICTIONARIES


def _snake(name: str) -> str:
    for step in _SNAKE_STEPS:
        name = step.sub(r"\1_\2", name)
    return name.lower()


def _path(option: str, text: str) -> list[str]:
    path = [index or name for index, name in _SEGMENT.findall(text)]
    if not path:
        raise CLIError(f"usage error: Empty key in {option}. Correct syntax: {option} KEY=VALUE [KEY=VALUE ...]")
    return path


def _split(word: str) -> tuple[str, str]:
    """Path and value, at the first `=` outside of brackets."""
    depth = 0
    for place, character in enumerate(word):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "=" and depth == 0:
            return word[:place], word[place + 1 :]
    raise CLIError(f"usage error: '{word}': expected --set KEY=VALUE [KEY=VALUE ...]")


def _value(text: str) -> Any:  # noqa: ANN401 - JSON
    """JSON, or a literal of Python, which is what shells often leave of it; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        value = ast.literal_eval(text)
        json.dumps(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
    return value


def _not_found(holder: object, segment: str, path: Sequence[str]) -> CLIError:
    message = f"Couldn't find '{segment}' in '{_text(path[:-1])}'."
    if isinstance(holder, dict):
        return CLIError(f"{message} Available options: {sorted(holder)}")
    if isinstance(holder, list):
        return CLIError(f"{message} Expected the index of an item: [<index>] or [<key=value>].")
    return CLIError(f"{message} '{_text(path[:-1])}' does not support further indexing.")


def _text(path: Sequence[str]) -> str:
    return ".".join(path).replace(".[", "[")
