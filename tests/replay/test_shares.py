"""Work that is split among processes."""

import asyncio
import os
import signal
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.failure import BadArgument, CannotDo
from replay.shares import WHOLE, Share, cores, in_shares
from stores.errors import TimedOut, Unavailable
from tests.deadline import until


@given(st.lists(st.integers()), st.integers(1, 9))
def test_all_shares_together_have_each_one_once_and_in_order(every: list[int], of: int):
    assert [one for number in range(of) for one in Share(number, of).among(every)] == every
    assert WHOLE.among(every) == every


async def test_each_share_is_worked_off_by_a_process_of_its_own():
    async def work(share: Share) -> tuple[Share, int]:
        await asyncio.sleep(0)  # it has a loop
        return share, os.getpid()

    found = await in_shares(work, 3)
    assert [share for share, _ in found] == [Share(0, 3), Share(1, 3), Share(2, 3)]
    pids = [pid for _, pid in found]
    assert pids[0] == os.getpid() and len(set(pids)) == 3
    assert not any(map(psutil.pid_exists, pids[1:]))
    assert await in_shares(work, 1) == [(WHOLE, os.getpid())]
    assert 1 <= cores() <= psutil.cpu_count()


@pytest.mark.parametrize(
    "error", [Unavailable("Kafka", "away"), TimedOut("Redis", "slow"), BadArgument("no topic 'x'")]
)
@pytest.mark.parametrize("number", [0, 2])
async def test_what_one_raises_is_raised_and_the_others_are_ended(error: Exception, number: int):
    before = _children()

    async def work(share: Share) -> None:
        if share.number == number:
            raise error
        await asyncio.sleep(3_600)

    with pytest.raises(type(error)) as raised:
        await in_shares(work, 3)
    assert str(raised.value) == str(error) and raised.value.__dict__ == error.__dict__
    assert _children() <= before


async def test_one_that_is_killed_is_told():
    async def work(share: Share) -> Any:
        if share.number:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(CannotDo, match=r"a process that did part of it was ended \(exit code -9\)"):
        await in_shares(work, 2)


async def test_whoever_does_not_wait_any_more_ends_all():
    before = _children()

    async def work(share: Share) -> None:
        await asyncio.sleep(3_600)

    asked = asyncio.create_task(in_shares(work, 3))

    async def begun() -> bool:
        return len(_children() - before) == 2

    await until("the processes to begin", begun)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert _children() <= before


def _children() -> set[int]:
    """Those of other tests may end by themselves."""
    return {each.pid for each in psutil.Process().children()}
