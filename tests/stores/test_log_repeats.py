"""Which lines pass: of libraries, of what happens often, of what is tried again and again. Ours all do."""

import logging

import pytest

from stores.log_repeats import AGAIN, LOOK, MINUTE, Counted, Drags, Repeats


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def line(logger: str, number: int, said: str = "odd") -> logging.LogRecord:
    return logging.LogRecord(logger, logging.ERROR, "aiokafka/client.py", number, said, None, None)


def test_a_library_says_the_same_once_in_a_while_and_other_things_at_once():
    clock = Clock()
    repeats = Repeats(clock)
    assert repeats.filter(line("aiokafka.client", 1))
    assert not repeats.filter(line("aiokafka.client", 1))
    assert repeats.filter(line("aiokafka.client", 2))
    clock.now = AGAIN
    assert repeats.filter(line("aiokafka.client", 1))


def test_our_own_lines_all_pass():
    repeats = Repeats(Clock())
    assert all(repeats.filter(line("agents.runtime.transport.carrying", 1, "Unable connect")) for _ in range(3))


AWAY = (
    "Unable connect to node with id 1: [Errno 111] Connection refused",
    "Unable to update metadata from [1]",
    "Failed fetch messages from 1: KafkaConnectionError: Connection at 127.0.0.1:31328 closed",
    "Error sending HeartbeatRequest to node 1 [KafkaConnectionError: Connection closed] -- marking coordinator dead",
    "Heartbeat session expired - marking coordinator dead",
    "Group Coordinator Request failed: NodeNotReadyError: Attempt to send a request to node which is not ready",
    "LeaveGroup request failed: NodeNotReadyError: Attempt to send a request to node which is not ready",
)


def test_a_broker_that_is_away_is_one_warning_a_minute_with_a_count():
    clock = Clock()
    repeats = Repeats(clock)
    found = [line("aiokafka", number, said) for number, said in enumerate(AWAY)]
    assert [repeats.filter(each) for each in found] == [True, *[False] * (len(AWAY) - 1)]
    first = found[0]
    assert (first.getMessage(), first.levelname, vars(first)["says"]) == ("kafka_away", "WARNING", AWAY[0])
    clock.now = MINUTE
    again = line("aiokafka.consumer.fetcher", 2, AWAY[2])
    assert repeats.filter(again) and vars(again)["count"] == len(AWAY)


def test_what_kafka_says_while_it_starts_is_no_line():
    said = "Group Coordinator Request failed: [Error 15] GroupCoordinatorNotAvailableError"
    assert not Repeats(Clock()).filter(line("aiokafka.consumer.group_coordinator", 1, said))


def test_an_error_with_a_traceback_stays_as_it_is():
    error = line("aiokafka.consumer.fetcher", 7, "Failed fetch messages from 1")
    error.exc_info = (ValueError, ValueError("odd"), None)
    assert Repeats(Clock()).filter(error) and error.levelname == "ERROR"


def test_what_happens_often_is_told_once_a_minute_and_counted_by_kind():
    clock = Clock()
    counted = Counted(clock)
    assert [counted.due("a") for _ in range(5)] == [1, 0, 0, 0, 0] and counted.due("b") == 1
    clock.now = MINUTE
    assert (counted.due("a"), counted.due("a"), counted.due("b")) == (5, 0, 1)


@pytest.mark.parametrize("kinds", [10_000])
def test_kinds_without_end_take_no_room_without_end(kinds: int):
    counted = Counted(Clock())
    for kind in range(kinds):
        counted.due(kind)
    assert len(counted._seen) <= 1_000  # pyright: ignore[reportPrivateUsage]


def test_what_drags_is_told_after_a_while_and_then_ever_more_seldom():
    clock = Clock()
    drags = Drags(clock)
    told = list[int]()
    for clock.now in (0.0, 1.0, LOOK - 1, LOOK, LOOK + 1, LOOK + MINUTE - 1, LOOK + MINUTE, LOOK + MINUTE + 30):
        told.append(drags.due())
    assert told == [0, 0, 0, 10, 0, 0, 70, 0]
    later = [second for second in range(100, 5_000) if (setattr(clock, "now", float(second)), drags.due())[1]]
    assert later == [190, 430, 910, 1510, 2110, 2710, 3310, 3910, 4510], (
        "each interval is twice the last, up to LONGEST"
    )
