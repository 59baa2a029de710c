"""The shipper, with a publisher that fails as it is told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from stores.errors import Unavailable
from stores.logs import shipping
from stores.logs.lines import Line, Lines
from stores.logs.shipping import AT_ONCE, Shipper
from stores.rabbit import Message, NotTaken, Unroutable
from tests.deadline import until, within


@dataclass
class Broker:
    """fails: what a publish raises, by the count of publishes."""

    fails: Callable[[int], Exception | None] = lambda n: None
    tries: int = 0
    got: list[tuple[str, str, Message]] = field(default_factory=list[tuple[str, str, Message]])

    async def publish(self, exchange: str, key: str, message: Message) -> None:
        self.tries += 1
        failure = self.fails(self.tries)
        await asyncio.sleep(0)
        if failure is not None:
            raise failure
        self.got.append((exchange, key, message))

    async def tried(self) -> bool:
        return self.tries >= 5

    @property
    def bodies(self) -> list[bytes]:
        return [message.body for _, _, message in self.got]


def some(count: int) -> Lines:
    lines = Lines()
    for n in range(count):
        lines.offer(Line("info", "order", str(n).encode()))
    return lines


async def all_shipped(lines: Lines) -> None:
    async def none_waits() -> bool:
        return not len(lines)

    await until("all lines to be shipped", none_waits)


async def shipped(lines: Lines, broker: Broker) -> Shipper:
    """Until none waits."""
    shipper = Shipper(lines, broker)
    running = asyncio.create_task(shipper.run())
    try:
        await all_shipped(lines)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return shipper


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "EVERY", 0.001)
    monkeypatch.setattr(shipping, "A_SECOND", 1_000_000)
    monkeypatch.setattr(shipping, "_AGAIN", (0.001,))


async def test_each_line_is_a_message_of_its_domain_and_level() -> None:
    lines, broker = Lines(), Broker()
    lines.offer(Line("warning", "order", b"{}"))
    await shipped(lines, broker)
    ((exchange, key, message),) = broker.got
    assert (exchange, key, message.body) == ("logs", "order.warning", b"{}")


async def test_many_go_out_in_batches_each_once_under_an_id_of_its_own() -> None:
    broker = Broker()
    await shipped(some(3 * AT_ONCE + 7), broker)
    assert sorted(map(int, broker.bodies)) == list(range(3 * AT_ONCE + 7))
    assert len({message.id for _, _, message in broker.got}) == len(broker.got)


@pytest.mark.parametrize("error", [Unavailable("RabbitMQ", "away"), NotTaken("full"), Unroutable("nowhere")])
async def test_while_the_server_takes_nothing_lines_wait_and_one_of_them_asks(error: Exception) -> None:
    broker, lines = Broker(fails=lambda n: error), some(50)
    shipper = Shipper(lines, broker)
    running = asyncio.create_task(shipper.run())
    try:
        await until("some tries", broker.tried)
        assert (len(lines), broker.got, shipper.away) == (50, [], str(error))
        broker.fails = lambda n: None
        await all_shipped(lines)
        assert (len(broker.got), shipper.away) == (50, None)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_lines_that_cannot_be_published_are_dropped_and_counted_and_others_go_out() -> None:
    broker, lines = Broker(fails=lambda n: ValueError("no such level") if n == 1 else None), some(AT_ONCE + 5)
    await shipped(lines, broker)
    assert (lines.dropped, sorted(map(int, broker.bodies))) == (AT_ONCE, list(range(AT_ONCE, AT_ONCE + 5)))


async def test_a_batch_that_broke_off_is_repeated_under_the_same_ids() -> None:
    """What is confirmed twice is one line to the index, which knows it by its id."""
    broker = Broker(fails=lambda n: Unavailable("RabbitMQ", "cut") if n == 20 else None)
    lines = some(40)
    await shipped(lines, broker)
    assert len(broker.got) == 39 + 40
    ids = {(message.body, message.id) for _, _, message in broker.got}
    assert len(ids) == 40


async def test_lines_that_come_while_a_batch_is_repeated_change_no_id() -> None:
    lines = some(3)

    def fails(n: int) -> Exception | None:
        lines.offer(Line("info", "order", b"late" + str(n).encode())) if n == 1 else None
        return Unavailable("RabbitMQ", "cut") if n == 3 else None

    broker = Broker(fails=fails)
    await shipped(lines, broker)
    ids = {(message.body, message.id) for _, _, message in broker.got}
    assert len(ids) == len({id for _, id in ids}) == 4


async def test_dropped_lines_are_told_by_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, object]] = []

    class Log:
        def warning(self, event: str, **said: object) -> None:
            told.append({"event": event, **said})

    monkeypatch.setattr(shipping, "_log", Log())
    monkeypatch.setattr(shipping, "TELL_EVERY", 0.0)
    lines = Lines(lines=2)
    for n in range(9):
        lines.offer(Line("info", "order", str(n).encode()))
    await shipped(lines, Broker())
    assert [(each["event"], each["count"]) for each in told] == [("log_lines_dropped", 7)]


async def test_what_waits_at_the_end_goes_out_and_a_server_that_hangs_does_not_hold_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = Broker()
    await Shipper(some(2 * AT_ONCE + 50), broker).finish()
    assert len(broker.got) == 2 * AT_ONCE + 50

    class Hanging:
        async def publish(self, exchange: str, key: str, message: Message) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(shipping, "LAST_SECONDS", 0.05)
    lines = some(5)
    await within("an end of it", Shipper(lines, Hanging()).finish())
    assert len(lines) == 5


async def test_who_logs_much_ships_no_more_than_so_many_lines_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        await real(0)

    monkeypatch.setattr(shipping, "A_SECOND", 10)
    monkeypatch.setattr(shipping.asyncio, "sleep", sleep)
    lines = some(2 * AT_ONCE)
    running = asyncio.create_task(Shipper(lines, Broker()).run())
    await all_shipped(lines)
    running.cancel()
    assert max(rests) > AT_ONCE / 10 - 5, "less what the shipping itself took"


async def test_others_have_their_turn_while_a_batch_is_published() -> None:
    turns = list[int]()

    async def other() -> None:
        while len(broker.got) < AT_ONCE:
            turns.append(len(broker.got))
            await asyncio.sleep(0)

    broker = Broker()
    await asyncio.gather(Shipper(some(AT_ONCE), broker).finish(), other())
    steps = [after - before for before, after in pairwise(turns)]
    assert max(steps) <= 2 * shipping.TOGETHER
