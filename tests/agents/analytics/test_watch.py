import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from structlog.testing import capture_logs

from agents.analytics.watch import REPAIR, Watch
from stores.errors import Unavailable
from tests.deadline import until

DAY = date(2026, 3, 1)


class Indices:
    """answers: what is lost, look by look; an error is raised. The last one stays."""

    def __init__(self, *answers: Sequence[date] | Unavailable) -> None:
        self._answers = list(answers)
        self.looks = 0

    async def lost(self) -> Sequence[date]:
        self.looks += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Unavailable):
            raise answer
        return answer


async def test_a_day_that_is_gone_is_told_with_the_command_that_repairs_it_and_logged_once():
    watch = Watch(Indices([], [DAY], [DAY], []))
    with capture_logs() as said:
        await watch.look()
        assert watch.away() is None
        for _ in range(2):
            await watch.look()
            assert watch.days == [DAY]
            assert watch.away() == f"the index of 2026-03-01 was deleted: {REPAIR}"
        await watch.look()
        assert watch.away() is None
    assert [each["event"] for each in said] == ["order_facts_lost", "order_facts_whole_again"]


async def test_of_many_days_the_first_are_named():
    watch = Watch(Indices([DAY + timedelta(days=n) for n in range(8)]))
    await watch.look()
    assert watch.away() is not None and "2026-03-05 and 3 more was" in (watch.away() or "")


async def test_where_the_server_is_away_it_looks_again():
    indices = Indices(Unavailable("Elasticsearch", "is away"), [DAY])
    watch = Watch(indices, rest=0.001)
    task = asyncio.create_task(watch.run())

    async def seen() -> bool:
        return bool(watch.days)

    await until("a look that finds something", seen)
    task.cancel()
