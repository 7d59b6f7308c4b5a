"""The forms of values that options take, beyond plain text: tags, switches, event handlers, rules and changes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from knack.log import get_logger
from knack.util import CLIError

from linarite.cli.azure.generic_update import Change

__all__ = [
    "ChangeAction",
    "EventHandlerAction",
    "IpRuleAction",
    "RefusedAction",
    "SwitchAction",
    "TagAction",
    "TagsAction",
    "WrongUse",
    "spelled",
]

_logger = get_logger(__name__)

_USAGE = "usage error: {option} KEY=VALUE [KEY=VALUE ...]"
# Keys of --event-handler that are members of an event handler as they stand; the others have a rule of their own.
_PLAIN_KEYS = {"url-template": "urlTemplate", "user-event-pattern": "userEventPattern"}


class WrongUse(CLIError):  # type: ignore[misc]  # knack has no types
    """Options that do not go together: exit code 2, as for one of the wrong form."""


class EventHandlerAction(argparse.Action):
    """One occurrence of --event-handler: one more event handler, of words with `=`.

    `system-event` may come several times; of any other key the last one counts. A value may hold commas, which the
    server takes for several events.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Append the handler to those that came before."""
        words = [str(word) for word in values or ()]
        if any("=" not in word for word in words):
            parser.error(_USAGE.format(option=option_string))
        pairs = [word.split("=", 1) for word in words]
        handlers = [*(getattr(namespace, self.dest) or ()), _event_handler([(key, text) for key, text in pairs])]
        setattr(namespace, self.dest, handlers)


def _event_handler(pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
    last = dict(pairs)
    handler: dict[str, object] = {}
    for key, text in last.items():
        if key in _PLAIN_KEYS:
            handler[_PLAIN_KEYS[key]] = text
        elif key not in ("system-event", "auth-type", "auth-resource"):
            _logger.warning("--event-handler: %s is no property of an event handler and is ignored.", key)
    events = [text for key, text in pairs if key == "system-event"]
    if events:
        handler["systemEvents"] = events
    if "auth-type" in last:
        handler["auth"] = {"type": last["auth-type"], "managedIdentity": {"resource": last.get("auth-resource")}}
    return handler


class TagsAction(argparse.Action):
    """Words of the form KEY[=VALUE]; none, or one empty word, means no tags at all."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Set the tags."""
        words = [str(word) for word in values or () if word]
        setattr(namespace, self.dest, {word.partition("=")[0]: word.partition("=")[2] for word in words})


class TagAction(argparse.Action):
    """One tag of the form KEY[=VALUE]; without a value, any value will do."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Set the tag."""
        key, _, text = str(values).partition("=")
        setattr(namespace, self.dest, {key: text})


class SwitchAction(argparse.Action):
    """`true` or `false` in any case; the option alone means true."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Set the switch."""
        setattr(namespace, self.dest, str(values).lower() == "true")


class IpRuleAction(argparse.Action):
    """One occurrence of --ip-rule: one more rule, of the words value=NETWORK and action=Allow|Deny."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Append the rule to those that came before."""
        words = [str(word).partition("=") for word in values or ()]
        rule = {key: text for key, _, text in words}
        if set(rule) != {"value", "action"} or not all(equals for _, equals, _ in words):
            parser.error(f"usage error: {option_string} value=NETWORK action=Allow|Deny")
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), rule])


class RefusedAction(argparse.Action):
    """An option of the platform that could not mean anything here."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Say so."""
        parser.error(f"argument {option_string}: a self-hosted server has no policies of Azure")


class ChangeAction(argparse.Action):
    """One occurrence of --set, --add or --remove, which remembers its place among all of them."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        """Append the change to those that came before."""
        # A name with an underscore in front is no parameter of a command.
        place = getattr(namespace, "_changes", 0)
        namespace._changes = place + 1
        change = Change(option_string or "", tuple(str(word) for word in values or ()), place)
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), change])


def spelled(*words: str) -> Callable[[str], str]:
    """A type for an option with fixed words, which are taken in any case and passed on as they are spelled here."""
    known = {word.lower(): word for word in words}
    return lambda text: known.get(text.lower(), text)
