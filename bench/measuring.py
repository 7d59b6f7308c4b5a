"""Runs one load against several servers in turn, round by round, and keeps every line of the generator."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from bench.dialects import Dialect
from bench.generator import Generator, Line
from bench.servers import Limit, Linarite, Running, Server

# The generator options of a case in a server's dialect, or None where the server has no such thing.
Load = Callable[[Dialect], Sequence[str] | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """How big and how long a run is; only figures of one scale can be compared."""

    receivers: int
    receiver_steps: tuple[int, ...]
    recoveries: int
    subscribers: int
    idle_connections: int
    idle_seconds: float
    connects: int
    group_steps: tuple[int, int]
    starts: int
    rounds: int
    seconds: float

    def window(self) -> tuple[str, ...]:
        """Return the options that say how long a load is measured, and warmed up before that."""
        return ("-w", str(min(1.0, self.seconds)), "-t", str(self.seconds))


FULL = Scale(
    receivers=1000,
    receiver_steps=(100, 1000, 15_000),
    recoveries=5000,
    subscribers=100,
    idle_connections=15_000,
    idle_seconds=5,
    connects=10_000,
    group_steps=(10, 10_000),
    starts=10,
    rounds=3,
    seconds=3,
)
# Proves that everything runs and nothing is lost; its times mean little.
QUICK = Scale(
    receivers=50,
    receiver_steps=(10, 50, 100),
    recoveries=100,
    subscribers=10,
    idle_connections=200,
    idle_seconds=0.3,
    connects=200,
    group_steps=(10, 100),
    starts=2,
    rounds=1,
    seconds=1,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The lines of one server's rounds in one case."""

    lines: tuple[Line, ...]

    def median(self, name: str) -> float | None:
        """Return the middle of a figure over the rounds, or None when the lines have no such figure."""
        values = [value for line in self.lines if (value := line.get(name)) is not None]
        return median(values) if values else None


Samples = Mapping[str, Sample]


@dataclass(frozen=True, slots=True)
class Fault:
    """What must not happen and did: something lost, doubled, reordered, refused or closed by a server."""

    server: str
    text: str


@dataclass(slots=True)
class Bench:
    """What the cases share: who takes part, how big, and the book of all lines."""

    generator: Generator
    linarite: Linarite
    limit: Callable[[int], Limit]
    peers: Sequence[Server]
    scale: Scale
    tell: Callable[[str], None]
    book: list[dict[str, object]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def servers(self, *, frames_per_send: int = 1, peers: bool = True) -> list[Server]:
        """Return Linarite, the limit that sends so many frames at once and, if wanted, the other peers."""
        return [self.linarite, self.limit(frames_per_send), *(self.peers if peers else ())]

    def measure(self, case: str, servers: Sequence[Server], load: Load, rounds: int | None = None) -> Samples:
        """Start the servers, load them in turn, round by round, and return each one's lines."""
        lines: dict[str, list[Line]] = {}
        with ExitStack() as stack:
            loads = []
            for server in servers:
                running = stack.enter_context(server.run())
                if (options := load(running.dialect)) is not None:
                    loads.append((running, options))
            for number in range(rounds or self.scale.rounds):
                for running, options in loads:
                    lines.setdefault(running.name, []).append(self.run_load(case, number, running, options))
        return {server: Sample(tuple(of_server)) for server, of_server in lines.items()}

    def run_load(self, case: str, number: int, running: Running, options: Sequence[str]) -> Line:
        """Load one running server once and write the line into the book."""
        self.tell(f"{case}: {running.name}, round {number + 1}")
        line = self.generator.run(["-p", str(running.port), "-c", str(running.pid), *options])
        self.write_down(case, running.name, number, line)
        return line

    def write_down(self, case: str, server: str, number: int, line: Line) -> None:
        """Keep a line, and remember what went wrong in it."""
        self.book.append({"case": case, "server": server, "round": number, **line.figures})
        if faults := line.faults():
            told = ", ".join(f"{name} {count:.0f}" for name, count in faults.items())
            self.faults.append(Fault(server, f"{case}: {server}, round {number + 1}: {told} {line.complaint}".strip()))


def values(samples: Samples, name: str) -> dict[str, float]:
    """Return each server's middle value of a figure."""
    return {server: value for server, sample in samples.items() if (value := sample.median(name)) is not None}
