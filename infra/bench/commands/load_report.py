"""What the load bench says of its turns, and which of its bars they hold. Pure."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from infra.bench.closed_loop import Measured

TAIL = 4.0  # p99, times p50
SHARES = {4: 0.2, 16: 0.45, 64: 0.75}  # of the straight handler's requests a second, by count of connections
AGENTS_MS = {16: 0.7}  # CPU ms a command


class Turn(NamedTuple):
    """cpu_ms: CPU milliseconds a request of ours, by process."""

    connections: int
    ours: Measured
    straight: Measured
    cpu_ms: Mapping[str, float]


class Side(msgspec.Struct, frozen=True):
    requests_per_s: float
    p50_ms: float
    p99_ms: float


class Point(msgspec.Struct, frozen=True):
    """Medians of the rounds with one count of connections. ratio: requests a second, ours by the straight handler's.

    tail: p99 by p50 of ours.
    """

    connections: int
    ours: Side
    straight: Side
    ratio: float
    tail: float
    cpu_ms: dict[str, float]


class Bar(msgspec.Struct, frozen=True):
    what: str
    wanted: str
    measured: float
    held: bool


class Load(msgspec.Struct, frozen=True):
    """wrong: why the figures do not mean what they say, empty where they do."""

    partitions: int
    unchanging: bool
    wrong: list[str]
    points: list[Point]
    bars: list[Bar]


def points(turns: Sequence[Turn]) -> list[Point]:
    """One for each count of connections, the smallest first."""
    counts = sorted({turn.connections for turn in turns})
    return [_point(count, [turn for turn in turns if turn.connections == count]) for count in counts]


def _point(count: int, turns: Sequence[Turn]) -> Point:
    middle = statistics.median
    return Point(
        connections=count,
        ours=_side([turn.ours for turn in turns]),
        straight=_side([turn.straight for turn in turns]),
        # round by round: a neighbour who comes and goes meets both sides of some rounds and one side of few
        ratio=middle(turn.ours.requests_per_s / turn.straight.requests_per_s for turn in turns),
        tail=middle(turn.ours.p99_ms / turn.ours.p50_ms for turn in turns),
        cpu_ms={name: middle(turn.cpu_ms[name] for turn in turns) for name in turns[0].cpu_ms},
    )


def _side(measured: Sequence[Measured]) -> Side:
    return Side(
        requests_per_s=statistics.median(one.requests_per_s for one in measured),
        p50_ms=statistics.median(one.p50_ms for one in measured),
        p99_ms=statistics.median(one.p99_ms for one in measured),
    )


def bars(points: Sequence[Point], *, unchanging: bool) -> list[Bar]:
    """Adds that change nothing are held to the shape only: the straight handler writes in any case."""
    return [*_shape(points), *(() if unchanging else _amounts(points))]


def _shape(points: Sequence[Point]) -> Iterator[Bar]:
    for point in points:
        yield Bar(f"p99/p50 at {point.connections}", f"<= {TAIL:g}", point.tail, point.tail <= TAIL)
    for before, point in enumerate(points[1:], 1):
        rate, most = point.ours.requests_per_s, max(smaller.ours.requests_per_s for smaller in points[:before])
        yield Bar(f"requests/s at {point.connections}", f">= {most:,.0f}, the most with fewer", rate, rate >= most)


def _amounts(points: Sequence[Point]) -> Iterator[Bar]:
    for point in points:
        if share := SHARES.get(point.connections):
            yield Bar(f"ours/straight at {point.connections}", f">= {share:g}", point.ratio, point.ratio >= share)
        if most := AGENTS_MS.get(point.connections):
            cpu = point.cpu_ms["agents"]
            yield Bar(f"agents' CPU ms at {point.connections}", f"<= {most:g}", cpu, cpu <= most)


def promised(load: Load, *, bars_count: bool) -> bool:
    """bars_count: False for a run that is too short for them."""
    return not load.wrong and (not bars_count or all(bar.held for bar in load.bars))


def table(load: Load) -> str:
    what = "adds that change nothing" if load.unchanging else "adds that change the basket"
    names = list(load.points[0].cpu_ms)
    lines = [
        f"{what}, {load.partitions} partitions a topic",
        f"{'':>12}{'ours':>22}{'straight':>22}",
        f"{'connections':>12}" + f"{'req/s':>8}{'p50':>7}{'p99':>7}" * 2 + f"{'ratio':>7}{'p99/p50':>9}"
        "   CPU ms a command of ours: " + ", ".join(names),
        *(_line(point) for point in load.points),
        *(f"{'held' if bar.held else 'MISSED':7}{bar.what}: {bar.measured:,.2f}, wanted {bar.wanted}" for bar in load.bars),
        *(f"WRONG  {why}" for why in load.wrong),
    ]  # fmt: skip
    return "\n".join(lines)


def _line(point: Point) -> str:
    sides = "".join(f"{s.requests_per_s:>8,.0f}{s.p50_ms:>7.1f}{s.p99_ms:>7.1f}" for s in (point.ours, point.straight))
    cpu = ", ".join(f"{ms:.2f}" for ms in point.cpu_ms.values())
    return f"{point.connections:>12}{sides}{point.ratio:>7.2f}{point.tail:>9.1f}   {cpu}"
