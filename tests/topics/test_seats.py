"""Seats of which a thing asks for some: all can be had, and few are refused before the end."""

from topics.deciding.seats import Seats

FEW = Seats("seat", 300, asked=32)


def test_a_thing_asks_for_its_own_seats_whenever_it_asks() -> None:
    assert list(FEW.of("o", "a")) == list(FEW.of("o", "a")) != list(FEW.of("o", "b"))
    assert {kind for kind, _ in FEW.of("o", "a")} == {"seat"}
    assert all(0 <= int(value.removeprefix("o:")) < FEW.most for _, value in FEW.of("o", "a"))


def test_without_a_number_it_asks_for_all() -> None:
    assert list(Seats("seat", 3).of("o")) == [("seat", "o:0"), ("seat", "o:1"), ("seat", "o:2")]


def test_most_seats_are_taken_before_one_is_refused_and_never_more_than_there_are() -> None:
    taken, refused_at = set[tuple[str, str]](), 0
    for number in range(50 * FEW.most):
        free = next((seat for seat in FEW.of("o", f"thing-{number}") if seat not in taken), None)
        if free is None:
            refused_at = refused_at or len(taken)
        else:
            taken.add(free)
    assert refused_at > FEW.most * 0.8
    assert len(taken) == FEW.most
