"""`linarite bench`: a load test of any endpoint, with a progress bar and one screen of results."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from linarite.cli.tools.arguments import context_of, new_tool_parser, positive, positive_number, target_of
from linarite.cli.tools.bench_counts import Latencies
from linarite.cli.tools.bench_load import Load, Measured, Plan
from linarite.cli.tools.clients import Client, Frame
from linarite.cli.tools.entry import until_interrupted
from linarite.cli.tools.failures import ExitCode
from linarite.cli.tools.output import Output
from linarite.cli.tools.targets import check_hub

__all__ = ["run"]

_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
_REFRESH_SECONDS = 0.2
# Below that share of what was due, the load was not the one that was asked for.
_REACHED = 0.99


def run(word: str, words: Sequence[str]) -> int:
    """Put the endpoint under load and print what was measured."""
    parser = new_tool_parser(word, "A load test: reliable clients publish numbered messages to a group of others.")
    parser.add_argument("--hub", metavar="NAME", default="bench", help="default: bench")
    parser.add_argument("--subscribers", metavar="N", type=positive, default=10, help="who hears it; default: 10")
    parser.add_argument("--publishers", metavar="N", type=positive, default=1, help="default: 1")
    parser.add_argument(
        "--rate", metavar="N", type=_rate, default=1000.0, help="messages a second of all; max: by acks; default: 1000"
    )
    parser.add_argument("--seconds", metavar="S", type=positive_number, default=10.0, help="default: 10")
    parser.add_argument("--size", metavar="BYTES", type=positive, default=100, help="of a message's text; default: 100")
    parser.add_argument(
        "--in-flight", metavar="N", type=positive, default=100, help="unanswered ones of a publisher; default: 100"
    )
    parsed = parser.parse_args(words)
    return until_interrupted(_bench(parsed))


def _rate(text: str) -> float:
    return float("inf") if text == "max" else positive_number(text)


async def _bench(parsed: argparse.Namespace) -> int:
    target = target_of(parsed)
    context = context_of(parsed, target)
    output = Output(is_json=parsed.json)
    plan = Plan(
        hub=check_hub(parsed.hub),
        subscribers=parsed.subscribers,
        publishers=parsed.publishers,
        rate=parsed.rate,
        seconds=parsed.seconds,
        size=parsed.size,
        in_flight=parsed.in_flight,
    )

    def client(groups: list[str], roles: list[str], receive: Callable[[Frame], None]) -> Client:
        return Client(target.client_url(plan.hub, roles=roles, groups=groups), context, receive, output.note)

    load = Load(plan, client)
    async with _progress(load, plan, output) as begin, load:
        begin()
        measured = await load.run()
    _show(output, plan, measured)
    return ExitCode.DONE if measured.is_flawless else ExitCode.FAILED


@asynccontextmanager
async def _progress(load: Load, plan: Plan, output: Output) -> AsyncIterator[Callable[[], None]]:
    """Show how far the load is, on standard error and on a terminal only; what is given says that it begins."""
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=output.errors, transient=True, disable=not output.errors.is_terminal)
    connecting = bar.add_task("connecting", total=plan.subscribers + plan.publishers, state="")
    publishing = bar.add_task("publishing", total=plan.seconds, start=False, state="")

    async def refresh() -> None:
        while True:
            bar.update(connecting, completed=load.connected)
            measured = load.measured
            state = f"{measured.published} published, {measured.tally.received} received"
            bar.update(publishing, completed=bar.tasks[publishing].elapsed or 0.0, state=state)
            await asyncio.sleep(_REFRESH_SECONDS)

    with bar:
        refreshing = asyncio.get_running_loop().create_task(refresh())
        try:
            yield lambda: bar.start_task(publishing)
        finally:
            refreshing.cancel()
            await asyncio.gather(refreshing, return_exceptions=True)


def _show(output: Output, plan: Plan, measured: Measured) -> None:
    if output.is_json:
        output.line(_document(plan, measured))
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    seconds = measured.seconds or 1.0
    wanted = "as fast as acks come" if plan.rate == float("inf") else f"{plan.rate:g} wanted"
    table.add_row("published", f"{measured.published:,}", f"{measured.published / seconds:,.0f} a second, {wanted}")
    received = measured.tally.received
    table.add_row("received", f"{received:,}", f"{received / seconds:,.0f} a second, by {plan.subscribers} clients")
    for name, value in _flaws(measured).items():
        table.add_row(name, f"{value:,}", "", style="bold red" if value else "")
    table.add_row("recoveries", f"{measured.recoveries:,}", "")
    output.show(table)
    output.show(_times(measured))
    if measured.due and measured.published < _REACHED * measured.due:
        output.note(f"the load was not reached: {measured.published:,} of {measured.due:,} messages could be published")
    if measured.refused:
        output.note(f"the first refusal: {measured.first_refusal}")


def _flaws(measured: Measured) -> dict[str, int]:
    return {
        "lost": measured.lost,
        "duplicated": measured.tally.duplicated,
        "reordered": measured.tally.reordered,
        "unacknowledged": measured.unacknowledged,
        "refused": measured.refused,
    }


def _percentiles(latencies: Latencies) -> dict[str, float | None]:
    """Milliseconds by their names."""
    values = {name: latencies.percentile(share) for name, share in _PERCENTILES.items()}
    found = {**values, "max": latencies.greatest if latencies.count else None}
    return {name: None if value is None else round(value * 1000, 3) for name, value in found.items()}


def _times(measured: Measured) -> Table:
    """Latencies in milliseconds."""
    table = Table.grid("", *_PERCENTILES, "max", padding=(0, 2))
    table.add_row("ms", *_PERCENTILES, "max", style="dim")
    for name, latencies in (("latency", measured.latencies), ("ack", measured.acks)):
        found = _percentiles(latencies).values()
        table.add_row(name, *("-" if value is None else f"{value:.2f}" for value in found))
    for column in table.columns[1:]:
        column.justify = "right"
    table.columns[0].style = "bold"
    return table


def _document(plan: Plan, measured: Measured) -> dict[str, object]:
    seconds = measured.seconds or 1.0
    return {
        "hub": plan.hub,
        "subscribers": plan.subscribers,
        "publishers": plan.publishers,
        "rate": None if plan.rate == float("inf") else plan.rate,
        "size": plan.size,
        "seconds": round(measured.seconds, 3),
        "published": measured.published,
        "publishedPerSecond": round(measured.published / seconds, 1),
        "received": measured.tally.received,
        "receivedPerSecond": round(measured.tally.received / seconds, 1),
        **_flaws(measured),
        "recoveries": measured.recoveries,
        "latencyMilliseconds": _percentiles(measured.latencies),
        "ackMilliseconds": _percentiles(measured.acks),
    }
