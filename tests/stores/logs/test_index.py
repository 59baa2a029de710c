"""Which indices are too old."""

from datetime import date

from stores.logs.index import STREAM, too_old


def index(day: str, number: int) -> str:
    return f".ds-{STREAM}-2026.{day}-{number:06d}"


NAMES = [index("03.01", 1), index("03.02", 2), index("03.05", 3), index("03.06", 4)]


def test_an_index_goes_when_each_of_its_lines_is_too_old() -> None:
    assert too_old(NAMES, date(2026, 3, 2)) == []
    assert too_old(NAMES, date(2026, 3, 3)) == NAMES[:1]
    assert too_old(NAMES, date(2026, 3, 5)) == NAMES[:1], "the second one has lines of the fourth of March"
    assert too_old(NAMES, date(2026, 3, 6)) == NAMES[:2]


def test_the_one_that_is_written_to_never_goes() -> None:
    assert too_old(NAMES, date(2030, 1, 1)) == NAMES[:3]
    assert too_old(NAMES[:1], date(2030, 1, 1)) == []
    assert too_old([], date(2030, 1, 1)) == []


def test_other_indices_are_left_alone() -> None:
    assert too_old([".ds-other-2020.01.01-000001", *NAMES], date(2026, 3, 3)) == NAMES[:1]
