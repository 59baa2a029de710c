"""Groups of dead letters: the same cause is one, whatever differs from message to message."""

from datetime import UTC, datetime

import pytest

from replay.dlq.dead_letters import DeadLetter, taken_apart
from replay.dlq.groups import alike, fingerprint, grouped
from stores.engineering import ParkedKey
from stores.kafka.log import Logged
from tests.replay.scene import dead

AT = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)


def letter(reason: str, key: str, offset: int, **about: str) -> DeadLetter:
    made = dead("user_created", key, b"{}", id=f"m{offset}", reason=reason, **about)
    return taken_apart(Logged(made.topic, 0, offset, AT, made.key, tuple(made.headers), made.body))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'total'", "KeyError: 'subtotal'"),
        (
            "order 7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f is not there",
            "order 2f6a8a0e-3a64-4d3c-9c0b-1f2e3d4c5b6a is not there",
        ),
        ("12 items, 10 are allowed", "99 items, 10 are allowed"),
    ],
)
def test_what_differs_from_message_to_message_is_no_difference(one: str, other: str) -> None:
    assert fingerprint("t", "g", one) == fingerprint("t", "g", other)
    assert fingerprint("t", "g", one) != fingerprint("t", "h", one) != fingerprint("u", "g", one)


def test_another_reason_is_another_cause_and_a_long_one_is_cut() -> None:
    assert fingerprint("t", "g", "the body is empty") != fingerprint("t", "g", "the key is missing")
    assert len(alike("x " * 10_000)) == 160


def test_groups_have_counts_keys_times_and_an_example_the_largest_first() -> None:
    letters = [letter(f"no {n}", f"k{n % 2}", n, time=f"2026-03-0{n + 1}T00:00:00+00:00") for n in range(3)]
    letters.append(letter("parked one", "p", 9, parked="1"))
    parked = ParkedKey("user", "user_commands", "p", 5, "first", "s", AT, "RuntimeError: 13 brings bad luck")
    first, second = grouped(letters, ["waits", "taken", "waits", "parked"], [parked])
    assert (first.count, first.topic, first.states, first.example) == (5, "user_commands", {"parked": 5}, "first")
    assert (second.count, second.keys, second.states) == (3, 2, {"waits": 2, "taken": 1})
    assert "; 1 key; " in first.lines()[1] and "; 2 keys; " in second.lines()[1]
    assert (second.first[:10], second.last[:10], second.example) == ("2026-03-01", "2026-03-03", "0:2")
    assert second.reason == "no …" and second.fingerprint in second.lines()[0]
