"""`./lezzet why`: situations, each planted in the real log, stores and Redis, are told by their right cause."""

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

from agents.runtime.sending.publisher import encode_headers
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from replay.log.message import stamp
from replay.questions.why import why
from replay.tools import Tools
from stores.kafka.partitioning import partition_of
from stores.mongo.connection import connect as connect_mongo
from stores.mongo.store import MongoStore
from stores.postgres.store import PostgresStore, connect
from stores.protocol import AsideRow, Changes, DomainStore, OutboxRow, ParkedRow, RowId, Source, TimerRow, TimerWrite
from stores.redis.connection import connect as connect_redis
from stores.redis_authority.connections import one_connection
from stores.redis_authority.store import RedisStore
from stores.technologies import MONGO, REDIS, technology
from tests.replay.scene import Desk, dead, record
from topics import keys
from topics.contracts import all_topics
from topics.messages import ids

SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAR = datetime(2040, 1, 1, tzinfo=UTC)
LATER = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()


@dataclass
class Order:
    """An order of a test's own, and the hands that plant what happens to it."""

    desk: Desk
    id: str
    user: str

    async def say(
        self, topic: str, kind: str, name: str, body: object = None, *, of: str | None = None, **more: str
    ) -> int:
        """Returns its offset."""
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
        ((_, offset),) = await self.desk.publish(made._replace(headers=headers))
        return offset

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
async def _store(tools: Tools, domain: str) -> AsyncGenerator[DomainStore]:
    """On its own server."""
    settings = tools.settings
    if technology(domain) is REDIS:
        async with one_connection(settings.redis_baskets) as connections:
            yield RedisStore(connections, domain)
    elif technology(domain) is MONGO:
        client = connect_mongo(settings.mongo, domain)
        yield MongoStore(client, domain)
        client.close()
    else:
        pool = await connect(settings.postgres, domain, size=1)
        yield PostgresStore(pool, domain)
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


async def _full_mailbox(order: Order, domain: str = "notification") -> None:
    """Its event is set aside behind an earlier one of its key, which was tried."""
    topic = f"{domain}_events"
    rows = [
        AsideRow(
            id=f"{order.id}-{name}", key=order.id, incarnation=0, source=f"lezzet/{domain}", at=SINCE, raw_key=None,
            offset=await order.say(topic, "MailRequested", name, sequence=str(n)), headers=(), body=b"{}", since=SINCE,
            tries=0 if n else 3, due=None if n else SINCE + timedelta(days=3650), until=None if n else FAR,
            reason="" if n else "452 the mailbox of a@example.com is full",
        )
        for n, name in enumerate(("first", "second"))
    ]  # fmt: skip
    await order.done(f"{domain}.effect", topic, set_aside=rows)


async def _unsent(order: Order, domain: str = "order") -> None:
    topic = f"{domain}_commands"
    offset = await order.say(topic, "DoIt", "do")
    named = [("ce_id", b"it-is-nowhere"), ("ce_type", b"ItWasDone")]
    row = OutboxRow("kafka", f"{domain}_events", order.id.encode(), encode_headers(named), b"{}", RowId(0, offset, 0))
    there = row._replace(headers=encode_headers([("ce_id", f"{order.id}-done".encode())]), id=RowId(0, offset, 1))
    await order.say(f"{domain}_events", "ItWasDoneToo", "done", sequence="1")
    reply = OutboxRow("reply", "edge", f"op-{order.id}".encode(), "{}", b"{}", RowId(0, offset, 2))
    await order.done(f"{domain}.decide", topic, outbox=[row, there, reply])


async def _timer(order: Order, domain: str = "order", *, due: timedelta = timedelta(minutes=90)) -> None:
    topic = f"{domain}_commands"
    await order.say(topic, "DoIt", "do")
    row = TimerRow(f"{order.id}-ring", datetime.now(UTC) + due, encode_headers([("ce_type", b"RingNow")]), b"{}")
    await order.done(f"{domain}.decide", topic, timers=[TimerWrite(order.id, "bell", None, row)])


async def _late_timer(order: Order) -> None:
    await _timer(order, due=timedelta(minutes=-5))


async def _given_up(order: Order) -> None:
    raw = ("ce_type", b"MailRequested"), ("ce_correlationid", f"flow-{order.id}".encode())
    letter = dead(
        "notification_events", order.id, b"{}", *raw, id=f"{order.id}-mail",
        reason="given up: 452 full (tried 9 times since 2026-03-01 18:30:00 UTC)",
    )  # fmt: skip
    await order.say("notification_events", "MailRequested", "mail", sequence="1")
    await order.desk.publish(letter)


@pytest.mark.parametrize("domain", ["notification", "catalog", "basket"])
async def test_what_waits_in_a_store_is_told_whatever_it_stands_on(desk: Desk, domain: str) -> None:
    """Effects that are set aside, rows of an outbox, and timers, in PostgreSQL, MongoDB and Redis."""
    order = Order(desk, ids.fresh(), ids.fresh())
    await _full_mailbox(order, domain)
    aside = [cause.says for cause in (await why(desk.tools, order.id)).waits if cause.kind == "aside"]
    assert len(aside) == 2 and f"behind {order.id}-first, which is of the same key" in aside[1]
    for says in aside:
        assert "tried 3 times, the last try met: 452 the mailbox of" in says and "a@example.com" not in says
        assert f"tried again at {stamp(SINCE + timedelta(days=3650))}, and given up at {stamp(FAR)};" in says
        assert f"`./lezzet dlq redrive {domain}_events --id {order.id}-first`" in says

    order = Order(desk, ids.fresh(), ids.fresh())
    await _unsent(order, domain)
    (cause,) = [cause for cause in (await why(desk.tools, order.id)).waits if cause.kind == "outbox"]
    assert cause.message == f"{order.id}-do" and f"written by {domain}.decide and not published yet" in cause.says
    assert f"ItWasDone for {domain}_events, its answer of DoIt" in cause.says, "and not what is in the log"

    order = Order(desk, ids.fresh(), ids.fresh())
    await _timer(order, domain)
    (cause,) = [cause for cause in (await why(desk.tools, order.id)).waits if cause.kind == "timer"]
    assert f"{domain} {order.id}: its timer bell sends RingNow to {domain}_commands at" in cause.says
    assert "in 1 h " in cause.says and f"`./lezzet state {order.id}`" in cause.says


async def test_an_answer_that_went_out_a_moment_ago_is_not_told_as_one_that_waits(desk: Desk) -> None:
    order = Order(desk, ids.fresh(), ids.fresh())
    offset = await order.say("order_commands", "DoIt", "do", lezzet_operation=f"op-{order.id}")
    reply = OutboxRow("reply", "edge", f"op-{order.id}".encode(), "{}", b"{}", RowId(0, offset, 0))
    await order.done("order.decide", "order_commands", outbox=[reply])
    kinds = [cause.kind for cause in (await why(desk.tools, order.id)).waits]
    assert kinds == ["outbox"]
    redis = connect_redis(desk.tools.settings.redis)
    await redis.set(keys.reply(f"op-{order.id}"), b"{}", ex=60)
    await redis.aclose()
    assert not (await why(desk.tools, order.id)).waits


@pytest.mark.parametrize(
    ("away", "kind", "says"),
    [
        ({"postgres": "postgresql://nobody@127.0.0.1:9/none"}, "away", "PostgreSQL at 127.0.0.1:9 (POSTGRES_URL)"),
        ({"redis": "redis://127.0.0.1:9/0"}, "away", "Redis at 127.0.0.1:9 (REDIS_URL)"),
        ({"mongo": "mongodb://127.0.0.1:9/none"}, "unknown", "MongoDB at 127.0.0.1:9 (MONGO_URL)"),
        ({"redis_baskets": "redis://127.0.0.1:9/0"}, "unknown", "127.0.0.1:9 (REDIS_BASKETS_URL)"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
async def test_who_is_away_is_one_line_and_the_rest_is_told(
    desk: Desk, away: dict[str, str], kind: str, says: str
) -> None:
    order = Order(desk, ids.fresh(), ids.fresh())
    await _timer(order)
    await order.say("order_events", "OrderSentToKitchen", "ticket", {"expires_at": LATER}, sequence="3")
    found = await why(Tools(replace(desk.tools.settings, **away)), order.id)
    (told,) = [cause for cause in found.waits if says in cause.says]
    assert told.kind == kind and "does not answer" in told.says and "\n" not in told.says
    assert found.waits.index(told) == (0 if kind == "away" else len(found.waits) - 1)
    kinds = {cause.kind for cause in found.waits}
    assert "restaurant" in kinds and ("timer" in kinds) == ("postgres" not in away), found.waits
    assert len(found.story) == 2


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
        (_full_mailbox, "aside", "tried 3 times"),
        (_unsent, "outbox", "not published yet"),
        (_timer, "timer", "its timer bell sends RingNow"),
        (_late_timer, "timer", "did not send RingNow to order_commands: do the agents run"),
        (_given_up, "dead", "given up: 452 full"),
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
