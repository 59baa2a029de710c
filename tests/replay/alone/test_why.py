"""`./lezzet why`: ten situations, each planted in the real log, stores and Redis, are told by their right cause."""

import asyncio
import fcntl
import json
import os
import struct
import sys
import termios
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import IO

import msgspec
import pytest

from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from replay.questions.why import why
from replay.tools import Tools
from stores.kafka.partitioning import partition_of
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes, ParkedRow, Source
from stores.redis.connection import connect as connect_redis
from tests.replay.scene import Desk, record
from topics import keys
from topics.contracts import all_topics
from topics.messages import ids

LATER = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()


@dataclass
class Order:
    """An order of a test's own, and the hands that plant what happens to it."""

    desk: Desk
    id: str
    user: str

    async def say(
        self, topic: str, kind: str, name: str, body: object = None, *, of: str | None = None, **more: str
    ) -> None:
        key = of or self.id
        named = {
            "id": f"{self.id}-{name}",
            "type": kind,
            "correlationid": f"flow-{self.id}",
            "source": "lezzet/edge",
            **more,
        }
        made = record(topic, key, msgspec.json.encode(body or {}), **named)
        headers = [(name.removeprefix("ce_") if "lezzet_" in name else name, value) for name, value in made.headers]
        await self.desk.publish(made._replace(headers=headers))

    async def done(self, group: str, topic: str, *, by: int = 0, **changes: object) -> None:
        """The group has done all of the order's partition, or stands `by` offsets beside its end."""
        partition = partition_of(self.id.encode(), all_topics()[topic].partitions)
        async with self.desk.tools.log() as log:
            (bound,) = (b for p, b in (await log.bounds(log.places([topic]))).items() if p.partition == partition)
        async with _store(self.desk.tools, group.partition(".")[0]) as store:
            source = Source(group, topic, partition)
            await store.open(source, bound.end + by)
            moment = await store.look([source])
            await store.write(moment, {source: Changes(next=bound.end + by, **changes)})  # type: ignore[arg-type]


@asynccontextmanager
async def _store(tools: Tools, domain: str) -> AsyncGenerator[PostgresStore]:
    pool = await connect(tools.settings.postgres, domain, size=1)
    try:
        yield PostgresStore(pool, domain)
    finally:
        await pool.close()


async def _parked(order: Order) -> None:
    await order.say("order_commands", "CancelOrder", "cancel")
    row = ParkedRow(
        key=order.id, offset=0, source="lezzet/edge", id=f"{order.id}-cancel", at=datetime.now(UTC), headers=(), body=b"{}",
        reason="KeyError: 'total'",
    )  # fmt: skip
    await order.done("order.decide", "order_commands", park=[row])


async def _closed(order: Order) -> None:
    await order.say("order_commands", "PlaceOrder", "place")
    body = {"user_id": order.user, "code": "restaurant_closed", "detail": "opens at 10:00"}
    await order.say("order_events", "OrderRefused", "no", body, causationid=f"{order.id}-place", sequence="1")
    await order.done("order.decide", "order_commands")


async def _silent(order: Order) -> None:
    await order.say("order_events", "OrderSentToKitchen", "ticket", {"expires_at": LATER}, sequence="3")


async def _unpaid(order: Order) -> None:
    await order.say("order_events", "OrderPlaced", "placed", {"pay_by": LATER}, sequence="1")


async def _no_mail(order: Order) -> None:
    await order.done("notification.effect", "notification_events")
    await order.say("notification_events", "MailRequested", "mail", sequence="1")


async def _lag(order: Order) -> None:
    await order.done("order.decide", "order_commands")
    await order.say("order_commands", "CancelOrder", "cancel")


async def _expired(order: Order) -> None:
    await order.say("order_commands", "CancelOrder", "cancel", lezzet_deadline="1000")
    await order.done("order.decide", "order_commands")


async def _withdrawn(order: Order) -> None:
    await order.say("order_commands", "CancelOrder", "cancel")
    redis = connect_redis(order.desk.tools.settings.redis)
    await redis.set(keys.fate(f"{order.id}-cancel"), keys.WITHDRAWN, ex=60)
    await redis.aclose()
    await order.done("order.decide", "order_commands")


async def _twice(order: Order) -> None:
    for _ in range(2):
        await order.say("order_commands", "CancelOrder", "cancel")
    await order.done("order.decide", "order_commands")


async def _stopped(order: Order) -> None:
    await order.say("order_commands", "CancelOrder", "cancel")
    await order.done("order.decide", "order_commands", by=1_000)


@pytest.mark.parametrize(
    ("plant", "kind", "says"),
    [
        (_parked, "parked", "KeyError"),
        (_closed, "refused", "restaurant_closed"),
        (_silent, "restaurant", "expires at"),
        (_unpaid, "payment", "given up at"),
        (_no_mail, "away", "the mail server does not answer at 127.0.0.1:1"),
        (_lag, "lag", "order.decide"),
        (_expired, "expired", "after its deadline"),
        (_withdrawn, "withdrawn", "withdrawn by the edge"),
        (_twice, "duplicate", "2 times"),
        (_stopped, "stopped", "stands still"),  # the last one: its partition stays so
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_the_right_cause_is_told_first(
    desk: Desk, plant: Callable[[Order], Awaitable[None]], kind: str, says: str
) -> None:
    order = Order(desk, ids.fresh(), ids.fresh())
    await plant(order)
    found = await why(Tools(replace(desk.tools.settings, smtp="smtp://127.0.0.1:1")), order.id)
    assert found.waits and (found.waits[0].kind, says in found.waits[0].says) == (kind, True), found.waits
    assert found.story and any(line.startswith("flow ") for line in found.lines(160))


async def test_any_id_leads_there_and_one_that_is_nowhere_is_one_line(desk: Desk) -> None:
    order = Order(desk, ids.fresh(), ids.fresh())
    await order.say("order_events", "OrderPlaced", "placed", {"pay_by": LATER}, sequence="1")
    for name in (order.id, f"flow-{order.id}", f"{order.id}-placed", f"<{order.id}-placed@lezzet>"):
        code, out = await desk.run("why", name, "--json")
        assert code == 0 and len(json.loads(out)["flows"][0]["messages"]) == 1, name
    code, out = await desk.run("why", order.id)
    assert code == 0 and out.startswith("What happened:") and "\nNow:\n" in out and "page: http" in out
    code, line = await desk.run("why", "nobody")
    assert code == 2 and "no message names nobody" in line and "\n" not in line


async def test_bodies_fit_the_terminal_and_are_whole_where_that_is_wanted(desk: Desk, servers: Stack) -> None:
    order = Order(desk, ids.fresh(), ids.fresh())
    lines = "n" * 3_000
    await order.say("order_events", "OrderPlaced", "placed", {"pay_by": LATER, "lines": lines}, sequence="1")
    _, out = await desk.run("why", order.id)
    story, _, tree = out.partition("\nNow:\n")
    assert story.startswith("What happened:") and "flow " in tree, "the story comes first"
    assert lines[:40] in out and max(map(len, out.splitlines())) <= 170
    shown = await _in_a_terminal(servers, 90, "why", order.id)
    assert f"… ({3_000 + len(LATER) + 24:,} bytes)" in shown
    assert not [line for line in shown.splitlines() if "nnn" in line and len(line) > 90]
    for said in (("why", order.id, "--full"), ("trace", order.id, "--full"), ("why", order.id, "--json")):
        _, out = await desk.run(*said)
        assert lines in out, said


async def _in_a_terminal(servers: Stack, columns: int, *said: str) -> str:
    """What a command shows in a terminal of so many columns."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | servers.environment()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "replay", *said, cwd=CHECKOUT, env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = await asyncio.to_thread(_to_the_end, terminal)
    assert await process.wait() == 0, shown
    return shown


def _to_the_end(terminal: IO[bytes]) -> str:
    parts = list[bytes]()
    with suppress(OSError):  # the other end was closed
        while part := terminal.read(65_536):
            parts.append(part)
    return b"".join(parts).decode().replace("\r\n", "\n")
