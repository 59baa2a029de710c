"""Orders of the release before get a timer each, so that they end: the migration on a database as that release left it."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.progress import Progress
from infra.stack.stack import Stack
from stores.postgres.migrate import RUNTIME
from stores.postgres.rows import decode_headers
from tests.agents.order.test_decider import PLACED, USER
from tests.agents.scenario import Given
from topics.contracts.order_commands import TOPIC
from topics.contracts.order_events import OrderCancelled, OrderDelivered, OrderDrafted, OrderRefused

CANCELLED = OrderCancelled(user_id=USER, reason="", cancelled_at=PLACED.placed_at)
DELIVERED = OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=PLACED.placed_at)
IN_A_MONTH = (datetime.now(UTC) + timedelta(days=30)).date()
STATES = {
    "open": Progress(placed=PLACED),
    "later": Progress(placed=replace(PLACED, schedule_date=f"{IN_A_MONTH}T19:30")),
    "draft": Progress(drafted=OrderDrafted(order=PLACED)),
    "cancelled": Progress(placed=PLACED, cancelled=CANCELLED),
    "delivered": Progress(placed=PLACED, delivered=DELIVERED),
    "refused": Progress(refused=OrderRefused(user_id=USER, code="c", detail="d")),
}
NEW = {"placed_as", "course", "delays", "failures", "late"}
"""Fields that the release before did not have."""


def _before(state: Progress) -> str:
    known: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(state))
    return f"[2,{msgspec.json.encode({name: value for name, value in known.items() if name not in NEW}).decode()}]"


async def _timers(url: str) -> Mapping[str, asyncpg.Record]:
    schema = f"t{uuid.uuid4().hex[:10]}"
    admin = await asyncpg.connect(url)
    try:
        await admin.execute(f"create schema {schema}; set search_path to {schema}")
        for each in sorted(RUNTIME.glob("*.sql")):
            await admin.execute(each.read_text())
        rows = [(name, _before(state)) for name, state in STATES.items()]
        await admin.executemany("insert into aggregate (id, version, state) values ($1, 1, $2::json)", rows)
        for each in sorted((RUNTIME / "order").glob("*.sql")):
            await admin.execute(each.read_text())
        return {row["key"]: row for row in await admin.fetch("select * from timer")}
    finally:
        await admin.execute(f"drop schema {schema} cascade")
        await admin.close()


async def test_each_that_is_not_over_gets_a_timer_that_ends_it(servers: Stack) -> None:
    timers = await _timers(servers.endpoints.postgres)
    now = datetime.now(UTC)
    assert set(timers) == {"open", "later", "draft"}
    for key, row in timers.items():
        named = {name: value.decode() for name, value in decode_headers(row["headers"])}
        assert (named["ce_id"], named["ce_subject"], named["lezzet_timer"]) == (row["id"], key, row["name"])
        assert datetime.fromisoformat(named["lezzet_due"]) == row["due"] > now
        command = TOPIC.decode(named["ce_type"], row["body"])
        ended = Given(DECIDER, DECIDER.form.decode(_before(STATES[key]))).when(command, caller=None)
        assert ended.state.stage == ("refused" if key == "draft" else "expired")
    assert timers["later"]["due"].date() > IN_A_MONTH > timers["open"]["due"].date()
