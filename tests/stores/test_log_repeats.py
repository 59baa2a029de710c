"""What passes of a library's lines, and that ours all do."""

import logging

from stores.log_repeats import AGAIN, Repeats


def line(logger: str, number: int) -> logging.LogRecord:
    return logging.LogRecord(logger, logging.ERROR, "aiokafka/client.py", number, "no connection", None, None)


def test_a_library_says_the_same_once_in_a_while_and_other_things_at_once():
    now = 0.0
    repeats = Repeats(lambda: now)
    assert repeats.filter(line("aiokafka.client", 1))
    assert not repeats.filter(line("aiokafka.client", 1))
    assert repeats.filter(line("aiokafka.client", 2))
    now = AGAIN
    assert repeats.filter(line("aiokafka.client", 1))


def test_our_own_lines_all_pass():
    repeats = Repeats(lambda: 0.0)
    assert all(repeats.filter(line("agents.runtime.transport.carrying", 1)) for _ in range(3))
