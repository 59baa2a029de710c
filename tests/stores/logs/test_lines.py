"""Lines that wait: never more than fit, never waited for."""

import threading

import pytest

from stores.logs.lines import Line, Lines


def line(n: int, size: int = 10) -> Line:
    return Line("info", "order", str(n).encode().ljust(size))


def test_the_oldest_are_taken_first_and_wait_until_they_are_shipped() -> None:
    lines = Lines()
    for n in range(5):
        lines.offer(line(n))
    assert lines.take(3) == lines.take(3) == [line(0), line(1), line(2)]
    lines.done(lines.take(3))
    assert lines.take(9) == [line(3), line(4)]
    assert (len(lines), lines.dropped) == (2, 0)


@pytest.mark.parametrize(("lines", "fit"), [(Lines(lines=3), 3), (Lines(size=45), 4)])
def test_what_does_not_fit_is_dropped_and_counted_and_there_is_room_again(lines: Lines, fit: int) -> None:
    for n in range(10):
        lines.offer(line(n))
    assert lines.take(99) == [line(n) for n in range(fit)]
    assert lines.dropped == 10 - fit
    lines.done(lines.take(99))
    lines.offer(line(10))
    assert lines.take(99) == [line(10)]
    assert lines.dropped == 10 - fit


def test_one_that_is_larger_than_all_room_is_dropped_and_smaller_ones_are_not() -> None:
    lines = Lines(size=100)
    lines.offer(line(0, 101))
    lines.offer(line(1))
    assert (lines.take(9), lines.dropped) == ([line(1)], 1)


def test_one_side_offers_while_the_other_takes_and_none_is_lost_or_doubled() -> None:
    lines, got = Lines(), list[Line]()

    def offer() -> None:
        for n in range(20_000):
            lines.offer(line(n))

    offering = threading.Thread(target=offer)
    offering.start()
    while offering.is_alive() or len(lines):
        taken = lines.take(50)
        got.extend(taken)
        lines.done(taken)
    offering.join()
    assert got == [line(n) for n in range(20_000)]
    for n in range(5):
        lines.offer(line(n, Lines()._most_bytes // 5))
    assert lines.dropped == 0, "the bytes of what was taken are free again"
