"""Which figures hold the bars of `bench load`, and what it says of its turns."""

import msgspec
import pytest

from infra.bench.closed_loop import Measured
from infra.bench.commands.load_report import Bar, Load, Point, Side, Turn, bars, points, promised, table

STRAIGHT = Side(requests_per_s=1000.0, p50_ms=1.0, p99_ms=2.0)


def point(connections: int, per_s: float, *, tail: float = 2.0, ratio: float = 0.9, agents_ms: float = 0.5) -> Point:
    ours = Side(requests_per_s=per_s, p50_ms=10.0, p99_ms=10.0 * tail)
    return Point(connections, ours, STRAIGHT, ratio, tail, {"edge": 0.3, "agents": agents_ms})


GOOD = [point(1, 100), point(4, 300), point(16, 900), point(64, 1600)]


def missed(found: list[Point], *, unchanging: bool = False) -> list[str]:
    return [bar.what for bar in bars(found, unchanging=unchanging) if not bar.held]


def turn(connections: int, per_s: float, p99_ms: float, straight: float, agents_ms: float) -> Turn:
    ours = Measured(requests_per_s=per_s, requests=100, p50_ms=10.0, p99_ms=p99_ms, failed=0.0)
    other = Measured(requests_per_s=straight, requests=100, p50_ms=1.0, p99_ms=2.0, failed=0.0)
    return Turn(connections, ours, other, {"agents": agents_ms})


def test_good_figures_hold_every_bar():
    found = [bar.what for bar in bars(GOOD, unchanging=False)]
    assert missed(GOOD) == []
    assert found == [
        "p99/p50 at 1", "p99/p50 at 4", "p99/p50 at 16", "p99/p50 at 64",
        "requests/s at 4", "requests/s at 16", "requests/s at 64",
        "ours/straight at 4", "ours/straight at 16", "agents' CPU ms at 16", "ours/straight at 64",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "changed", "what"),
    [
        (0, point(1, 100, tail=4.01), "p99/p50 at 1"),
        (1, point(4, 99), "requests/s at 4"),
        (3, point(64, 899), "requests/s at 64"),
        (1, point(4, 300, ratio=0.19), "ours/straight at 4"),
        (2, point(16, 900, ratio=0.44), "ours/straight at 16"),
        (3, point(64, 1600, ratio=0.74), "ours/straight at 64"),
        (2, point(16, 900, agents_ms=0.71), "agents' CPU ms at 16"),
    ],
)
def test_each_bar_is_missed_by_the_figure_that_it_is_about(place: int, changed: Point, what: str):
    assert missed([changed if number == place else each for number, each in enumerate(GOOD)]) == [what]


def test_more_connections_are_compared_with_the_most_that_fewer_reached():
    assert missed([point(1, 300), point(4, 200), point(16, 250)]) == ["requests/s at 4", "requests/s at 16"]


def test_adds_that_change_nothing_are_held_to_the_shape_only():
    slow = [point(4, 300, ratio=0.01, agents_ms=9.0), point(16, 200, ratio=0.01, agents_ms=9.0, tail=5.0)]
    assert missed(slow, unchanging=True) == ["p99/p50 at 16", "requests/s at 16"]


def test_a_point_is_the_median_of_its_rounds_and_ratios_are_of_the_same_round():
    turns = [
        turn(4, 100.0, 20.0, 1000.0, 1.0),
        turn(1, 50.0, 15.0, 500.0, 2.0),
        turn(4, 50.0, 50.0, 100.0, 3.0),
        turn(4, 80.0, 30.0, 400.0, 1.5),
    ]
    one, four = points(turns)
    assert (one.connections, four.connections) == (1, 4)
    assert four.ours == Side(requests_per_s=80.0, p50_ms=10.0, p99_ms=30.0)
    assert four.straight.requests_per_s == 400.0
    assert (four.ratio, four.tail, four.cpu_ms) == (0.2, 3.0, {"agents": 1.5})
    assert one.ratio == 0.1


def test_figures_that_do_not_mean_what_they_say_are_no_success():
    held = Load(4, False, [], GOOD, bars(GOOD, unchanging=False))
    late = Load(4, False, [], GOOD, [Bar("p99/p50 at 1", "<= 4", 5.0, False)])
    wrong = Load(4, False, ["7 of 8 adds changed a basket, wanted 8"], GOOD, held.bars)
    assert [promised(each, bars_count=True) for each in (held, late, wrong)] == [True, False, False]
    assert [promised(each, bars_count=False) for each in (held, late, wrong)] == [True, True, False]


def test_the_table_names_each_bar_and_each_doubt():
    slow = [*GOOD[:3], point(64, 899)]
    said = table(Load(12, False, ["7 of 8 adds changed a basket, wanted 8"], slow, bars(slow, unchanging=False)))
    assert "adds that change the basket, 12 partitions a topic" in said
    assert "held   p99/p50 at 64: 2.00, wanted <= 4" in said
    assert "MISSED requests/s at 64: 899.00, wanted >= 900, the most with fewer" in said
    assert "WRONG  7 of 8 adds changed a basket, wanted 8" in said


def test_a_report_comes_back_from_its_json():
    load = Load(4, True, [], GOOD, bars(GOOD, unchanging=True))
    assert msgspec.json.decode(msgspec.json.encode(load), type=Load) == load
