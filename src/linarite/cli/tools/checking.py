"""`linarite check`: an endpoint from its name to a client's round trip, one line a step."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable

from linarite.cli.tools.arguments import context_of, new_tool_parser, target_of
from linarite.cli.tools.check_steps import (
    CLIENT_STEPS,
    STEPS,
    Answer,
    Checked,
    Inquiry,
    Outcome,
    told_plainly,
)
from linarite.cli.tools.entry import until_interrupted
from linarite.cli.tools.failures import ExitCode, ToolFailed
from linarite.cli.tools.output import Output
from linarite.cli.tools.rest import Rest
from linarite.cli.tools.targets import check_hub

__all__ = ["run"]

_EVENT = "linarite-check"
_STYLES = {
    Outcome.GOOD: "green",
    Outcome.WARNED: "yellow",
    Outcome.FAILED: "bold red",
    Outcome.SKIPPED: "dim",
}


def run(word: str, words: Sequence[str]) -> int:
    """Check the endpoint and print what was found."""
    parser = new_tool_parser(word, "Check an endpoint: name, port, certificate, clock, key, client, event handler.")
    parser.add_argument("--hub", metavar="NAME", default="check", help="the hub to connect to; default: check")
    events = parser.add_mutually_exclusive_group()
    events.add_argument("--event", metavar="NAME", help=f"the event to send to the hub's handler; default: {_EVENT}")
    events.add_argument("--no-event", action="store_true", help="send none")
    return until_interrupted(_check(parser.parse_args(words)))


async def _check(parsed: argparse.Namespace) -> int:
    target = target_of(parsed)
    context = context_of(parsed, target)
    output = Output(is_json=parsed.json)
    event = None if parsed.no_event else parsed.event or _EVENT
    _show(output, Checked("endpoint", Answer(Outcome.GOOD, f"{target.endpoint.geturl()}, from {target.source}"), 0))
    with Rest(target, context) as rest:
        inquiry = Inquiry(target, context, check_hub(parsed.hub), event, parsed.event is not None, rest)
        try:
            return await _ask_all(inquiry, output)
        finally:
            if inquiry.client is not None:
                await inquiry.client.close()


async def _ask_all(inquiry: Inquiry, output: Output) -> int:
    """Ask step after step; what needs a step that failed is not tried. Give the first failure's exit code."""
    steps: list[tuple[str, Callable[[Inquiry], Answer | Awaitable[Answer]]]] = [*STEPS.items(), *CLIENT_STEPS.items()]
    code = ExitCode.DONE
    is_over = False
    for name, ask in steps:
        if is_over:
            _show(output, Checked(name, Answer(Outcome.SKIPPED, "not tried"), 0))
            continue
        checked = await _ask(name, ask, inquiry)
        _show(output, checked)
        if checked.exit_code is not ExitCode.DONE:
            code = code or checked.exit_code
            # A clock that is wrong, or a health page that is missing, may still let the rest work.
            is_over = name not in ("clock", "http", "round trip", "recovery")
    return code


async def _ask(name: str, ask: Callable[[Inquiry], Answer | Awaitable[Answer]], inquiry: Inquiry) -> Checked:
    begun = time.perf_counter()
    code = ExitCode.DONE
    try:
        with told_plainly(inquiry.target):
            found = ask(inquiry)
            answer = await found if isawaitable(found) else found
    except ToolFailed as error:
        answer, code = Answer(Outcome.FAILED, str(error)), error.exit_code
    if answer.outcome is Outcome.FAILED and code is ExitCode.DONE:
        code = ExitCode.FAILED
    return Checked(name, answer, (time.perf_counter() - begun) * 1000, code)


def _show(output: Output, checked: Checked) -> None:
    answer = checked.answer
    took = (
        f"{checked.milliseconds:7.1f} ms"
        if answer.outcome is not Outcome.SKIPPED and checked.milliseconds
        else " " * 10
    )
    output.line(
        {
            "step": checked.step,
            "outcome": answer.outcome.name.lower(),
            "text": answer.text,
            "milliseconds": round(checked.milliseconds, 1),
        },
        (f"{answer.outcome.value:4}  ", _STYLES[answer.outcome]),
        (f"{checked.step:13}  ", "bold"),
        (f"{took}  ", "dim"),
        (answer.text, ""),
    )
