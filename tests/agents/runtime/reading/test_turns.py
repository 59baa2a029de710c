"""Copies and views of one topic, few at a time in a process."""

import asyncio
from collections.abc import Awaitable, Callable

from agents.runtime.reading.turns import AT_ONCE, Turns
from tests.deadline import until
from tests.holding import Holding, settled

LONG = 60.0  # seconds


def begun(*works: Holding) -> Callable[[], Awaitable[bool]]:
    async def all_of_them() -> bool:
        return all(each.begun for each in works)

    return all_of_them


def some(turns: Turns, count: int) -> list[Holding]:
    return [Holding(turns.turn("a")) for _ in range(count)]


async def test_few_of_a_topic_have_a_turn_and_those_of_others_beside():
    turns = Turns(LONG)
    of_a, other = some(turns, AT_ONCE + 2), Holding(turns.turn("b"))
    await settled()
    assert [each.begun for each in of_a] == [True] * AT_ONCE + [False, False] and other.begun
    await of_a[0].end()
    await until("the next one", begun(of_a[AT_ONCE]))
    assert not of_a[-1].begun
    for each in (*of_a[1:], other):
        await each.end()


async def test_those_that_wait_for_a_server_hold_up_the_others_for_a_moment_only():
    turns = Turns(0.01)
    slow, others = some(turns, AT_ONCE), some(turns, AT_ONCE + 1)
    await until("the others beside them", begun(*others))
    for each in (*slow, *others):
        await each.end()
    again = some(turns, AT_ONCE + 1)
    await settled()
    assert not again[-1].begun, "a turn that was long ends once"
    for each in again:
        await each.end()


async def test_a_turn_ends_also_where_the_work_fails_or_is_given_up():
    turns = Turns(LONG)
    work = some(turns, AT_ONCE + 2)
    await settled()
    for gone in work[:2]:
        gone.task.cancel()
    work[AT_ONCE].task.cancel()
    await until("the one behind them", begun(work[-1]))
    for each in work:
        each.task.cancel()
    await asyncio.gather(*(each.task for each in work), return_exceptions=True)
