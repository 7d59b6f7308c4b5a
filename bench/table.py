"""The table: one row a figure, Linarite's beside its target and beside each peer's of the same run.

In brackets stands Linarite's figure divided by the peer's. The last two columns tell of Linarite and of the
limit: the server's CPU for each frame, connect or send, and the cores it was busy on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.servers import LIMIT, LINARITE, NGINX, NODE

PEERS = (LIMIT, NGINX, NODE)
HEADINGS = ("case", "unit", "target", "met", LINARITE, *PEERS, "CPU us each", "cores")
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Unit:
    """How a figure is written, and which way is better."""

    name: str
    decimals: int
    less_is_better: bool = False
    scale: float = 1

    def write(self, value: float) -> str:
        """Return the figure as it stands in the table."""
        return f"{value * self.scale:,.{self.decimals}f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one case, by server: the middle of its rounds."""

    case: str
    unit: Unit
    target: float | None
    values: Mapping[str, float]
    cost: Mapping[str, float] = field(default_factory=dict)
    cores: Mapping[str, float] = field(default_factory=dict)

    def met(self) -> bool | None:
        """Whether Linarite meets the target, or None without target or figure."""
        ours = self.values.get(LINARITE)
        if ours is None or self.target is None:
            return None
        ours *= self.unit.scale
        return ours <= self.target if self.unit.less_is_better else ours >= self.target

    def cells(self) -> list[str]:
        """Return what stands under the headings."""
        ours = self.values.get(LINARITE)
        return [
            self.case,
            self.unit.name,
            self._target(),
            {True: "yes", False: "NO", None: NOTHING}[self.met()],
            NOTHING if ours is None else self.unit.write(ours),
            *(self._beside(peer, ours) for peer in PEERS),
            self._pair(self.cost, 2),
            self._pair(self.cores, 2),
        ]

    def _target(self) -> str:
        if self.target is None:
            return NOTHING
        return f"{'<=' if self.unit.less_is_better else '>='} {_plain(self.target)}"

    def _beside(self, peer: str, ours: float | None) -> str:
        theirs = self.values.get(peer)
        if theirs is None:
            return NOTHING
        ratio = f" ({ours / theirs:.2f})" if ours is not None and theirs else ""
        return self.unit.write(theirs) + ratio

    @staticmethod
    def _pair(by_server: Mapping[str, float], decimals: int) -> str:
        """Linarite's figure and the limit's, between which the others lie or not."""
        pair = [f"{by_server[server]:.{decimals}f}" for server in (LINARITE, LIMIT) if server in by_server]
        return " / ".join(pair) or NOTHING


def _plain(number: float) -> str:
    """A target with its own digits, neither rounded nor in powers of ten."""
    return f"{int(number):,}" if number == int(number) else str(number)


def render(rows: Iterable[Row]) -> str:
    """Return the rows under their headings, columns aligned."""
    lines: list[Sequence[str]] = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    written = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([written[0], "  ".join("-" * width for width in widths), *written[1:]])
