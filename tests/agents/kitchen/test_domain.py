"""The kitchen domain in processes of its own, which are killed while tickets and answers flow, on real servers."""

import asyncio
import random
import signal
import sys
import uuid
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import msgspec
import pytest_asyncio
from aio_pika.abc import AbstractIncomingMessage
from msgspec.structs import replace as but

from agents.provision import provision
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from stores.kafka.log import Place, open_log
from stores.kafka.raw import RawRecord, open_raw
from stores.settings import load
from tests.agents.kitchen.broker import kitchen
from tests.agents.kitchen.test_decider import SENT
from tests.deadline import until
from tests.quorum_queues import on_disk
from topics.contracts import order_commands, order_events
from topics.contracts.order_events import Event, OrderCancelled
from topics.messages import headers
from topics.messages.topic import PARTITIONS

LONG = 180.0  # seconds, where processes start beside other work


@dataclass(frozen=True)
class Commanded:
    key: str
    id: str
    type: str
    body: Any


class Scene:
    """Orders are events that the test writes, and what comes to them is read from their topic."""

    def __init__(self, servers: Stack, rabbit_url: str) -> None:
        self.servers = servers
        self.rabbit_url = rabbit_url
        self.settings = load(servers.environment())
        self.restaurant = uuid.uuid4().hex
        self._processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        environment = self.servers.environment() | {
            "AGENTS_HEALTH_PORT": "0", "LOG_LEVEL": "error", "RABBITMQ_URL": self.rabbit_url,
        }  # fmt: skip
        argv = (sys.executable, "-m", "agents", "kitchen")
        self._processes.append(await asyncio.create_subprocess_exec(*argv, env=environment, cwd=CHECKOUT))

    async def begin(self) -> None:
        """Returns when a first ticket has come through."""
        await self.happen((f"order-{uuid.uuid4().hex}", 1, self.sent()))
        async with kitchen(self.rabbit_url) as client:
            await client.ticket(f"kitchen.{self.restaurant}", LONG)

    async def kill(self) -> None:
        """The oldest process, in the middle of whatever it does."""
        process = self._processes.pop(0)
        process.send_signal(signal.SIGKILL)
        await process.wait()

    async def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in self._processes))

    async def happen(self, *what: tuple[str, int, Event]) -> None:
        """(order id, version, event)."""
        async with open_raw(self.settings.kafka) as producer:
            for order_id, version, event in what:
                said = {
                    headers.TYPE: type(event).__name__, headers.ID: f"{order_id}-{version}",
                    headers.SOURCE: "lezzet/order", headers.SUBJECT: order_id, headers.SEQUENCE: str(version),
                }  # fmt: skip
                named = [(name, value.encode()) for name, value in said.items()]
                body = order_events.TOPIC.encode(event)
                await producer.send(RawRecord(order_events.TOPIC.name, order_id.encode(), named, body))

    def sent(self, **fields: Any) -> Event:
        known = {"restaurant_id": self.restaurant, "expires_at": datetime.now(UTC) + timedelta(minutes=5)}
        return but(SENT, **{**known, **fields})

    async def commanded(self, orders: Sequence[str]) -> list[Commanded]:
        """Commands to these orders."""
        places, wanted = [Place(order_commands.TOPIC.name, each) for each in range(PARTITIONS)], set(orders)
        async with open_log(self.settings.kafka) as log:
            bounds = await log.bounds(places)
            starts, ends = ({place: getattr(bounds[place], of) for place in places} for of in ("first", "end"))
            records = [each async for chunk in log.read(starts, ends) for each in chunk]
        found = [(record, dict(record.headers)) for record in records if (record.key or b"").decode() in wanted]
        return [
            Commanded(
                (record.key or b"").decode(), said[headers.ID].decode(), said[headers.TYPE].decode(),
                msgspec.json.decode(record.body or b""),
            )
            for record, said in found
        ]  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def scene(servers: Stack, rabbit_url: str) -> AsyncGenerator[Scene]:
    await provision(load(servers.environment()))
    made = Scene(servers, rabbit_url)
    for _ in range(2):
        await made.start()
    try:
        await made.begin()
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def cooking(url: str, restaurant: str, chance: random.Random) -> AsyncGenerator[list[AbstractIncomingMessage]]:
    """A kitchen's system: takes every ticket, accepts it, by and by twice, and says nonsense in between."""
    came: list[AbstractIncomingMessage] = []
    async with await aio_pika.connect(url) as connection, kitchen(url) as client:
        queue = await (await connection.channel()).get_queue(f"kitchen.{restaurant}", ensure=False)

        async def take(message: AbstractIncomingMessage) -> None:
            came.append(message)
            order_id = msgspec.json.decode(message.body)["order_id"]
            answer = {"order_id": order_id, "decision": "accept", "prep_time": 20}
            for _ in range(chance.choice((1, 1, 2))):
                await client.say(answer, id=f"accept {order_id}")
            if chance.random() < 0.1:
                await client.say(b"nonsense")
            await message.ack()

        await queue.consume(take)
        yield came


async def test_killed_at_any_moment_it_loses_and_doubles_nothing(scene: Scene) -> None:
    chance = random.Random(11)
    orders = [f"order-{uuid.uuid4().hex}" for _ in range(60)]
    async with cooking(scene.rabbit_url, scene.restaurant, chance) as came:
        for start in range(0, len(orders), 15):
            await scene.happen(*((order, 1, scene.sent()) for order in orders[start : start + 15]))
            await asyncio.sleep(chance.random() / 2)  # wherever it stands then
            await scene.kill()
            await scene.start()

        async def all_answered() -> bool:
            return {each.key for each in await scene.commanded(orders)} == set(orders)

        await until("an answer to each order", all_answered, LONG)
    tickets = defaultdict[str, set[str]](set)
    for message in came:
        tickets[msgspec.json.decode(message.body)["order_id"]].add(message.message_id or "")
    assert {order: len(ids) for order, ids in tickets.items()} == dict.fromkeys(orders, 1), "one ticket an order"
    unmarked = Counter(
        message.message_id for message in came if not message.redelivered and "x-repeated" not in message.headers
    )
    assert set(unmarked.values()) <= {1}, "what comes again is marked"
    commands = await scene.commanded(orders)
    assert {each.type for each in commands} == {"AcceptOrder"}
    ids = defaultdict[str, set[str]](set)
    for each in commands:
        ids[each.key].add(each.id)
        assert each.body == {"restaurant_id": scene.restaurant, "prep_time": 20}
    assert {order: len(of) for order, of in ids.items()} == dict.fromkeys(orders, 1), "one command an answer"


async def test_what_waits_while_rabbitmq_is_away_goes_out_when_it_is_back_and_no_ended_order(scene: Scene) -> None:
    kept, ended = f"order-{uuid.uuid4().hex}", f"order-{uuid.uuid4().hex}"
    await on_disk(scene.servers, f"kitchen.{scene.restaurant}")
    await scene.servers.stop("rabbit", signal.SIGKILL)
    cancelled = OrderCancelled(user_id="u-1", reason="no", cancelled_at=datetime.now(UTC))
    await scene.happen((ended, 1, scene.sent()), (kept, 1, scene.sent()), (ended, 2, cancelled))
    await scene.servers.start("rabbit")
    async with kitchen(scene.rabbit_url) as client:
        queue, told = f"kitchen.{scene.restaurant}", dict[str, str]()
        while told != {kept: "ticket", ended: "cancelled"}:  # the ticket of the ended one may have come before
            message = await client.ticket(queue, LONG)
            told[msgspec.json.decode(message.body)["order_id"]] = message.type or ""


async def test_a_ticket_that_nobody_takes_expires_its_order(scene: Scene) -> None:
    order = f"order-{uuid.uuid4().hex}"
    # long enough that the ticket is sent before, though the partition is just being handed over
    await scene.happen((order, 1, scene.sent(expires_at=datetime.now(UTC) + timedelta(seconds=15))))

    async def expired() -> list[Commanded]:
        return await scene.commanded([order])

    commands = await until("the order's end", expired, LONG)
    assert {(each.type, each.body["restaurant_id"]) for each in commands} == {("ExpireTicket", scene.restaurant)}
