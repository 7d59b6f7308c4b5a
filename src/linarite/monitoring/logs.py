"""Log lines: an event phrase and fields, as text for people or as one JSON object a line for collectors.

An event phrase is lower case and always the same for the same event, so that it can be searched and
counted; whatever varies is a field (`hub`, `connection`, `user`, `reason`). Tokens and keys are never given
as fields. Should one reach a line all the same, by way of a URL in another library's message or an
exception's text, it is blotted out here.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TextIO

__all__ = ["JsonFormatter", "TextFormatter", "log_event", "set_up_logging"]

SECRETS = re.compile(
    r"""(?ix)
    (access_token=|AccessKey=|\bBearer\s+)[^\s&;,"'<>\\]+  # a query, a connection string, an Authorization header
    | \beyJ[\w-]+\.[\w-]+\.[\w-]*  # a JSON web token anywhere else
    """
)

PLAIN = re.compile(r"[^\s\"'=\\\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""A field's value that can stand in a text line without quotes: nothing that forges a line or a field."""

RESERVED = frozenset({"time", "level", "logger", "event", "exception"})
"""Members of a JSON line that a field cannot replace."""


def log_event(
    logger: logging.Logger,
    level: int,
    event: str,
    /,
    *,
    exception: BaseException | None = None,
    **fields: object,
) -> None:
    """Write one log line with an event phrase and its fields, if the logger's level lets it through."""
    if logger.isEnabledFor(level):
        logger.log(level, "%s", event, exc_info=exception, extra={"fields": fields}, stacklevel=2)


def set_up_logging(
    level: Literal["debug", "info", "warning", "error"],
    form: Literal["text", "json"],
    stream: TextIO | None = None,
) -> None:
    """Send the log lines of this process to a stream, standard error by default; other handlers are removed.

    Linarite's own lines are written from `level` on, those of libraries from warning on, or from `level` if
    that is more serious: their information and debug lines would drown ours, and some show whole requests.
    """
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    own = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(own, logging.WARNING))
    logging.getLogger("linarite").setLevel(own)


class TextFormatter(logging.Formatter):
    """Formats a record as time, level, logger, event and fields on one line, for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record; an exception's traceback follows on lines of its own."""
        time = datetime.fromtimestamp(record.created).isoformat(sep=" ", timespec="milliseconds")
        words = [time, f"{record.levelname:<7}", record.name, _one_line(record.getMessage())]
        words += [f"{name}={_quoted(value)}" for name, value in _fields(record).items()]
        line = " ".join(words)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return _without_secrets(line)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object on one line: time, level, logger, event, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record; an exception's traceback is its member `exception`."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        document: dict[str, object] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        document |= {name: value for name, value in _fields(record).items() if name not in RESERVED}
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return _without_secrets(json.dumps(document, default=str, separators=(",", ":")))


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    fields: Mapping[str, object] = getattr(record, "fields", {})
    return fields


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)[1:-1]


def _quoted(value: object) -> str:
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text)


def _without_secrets(line: str) -> str:
    return SECRETS.sub(lambda found: (found[1] or "") + "***", line)
