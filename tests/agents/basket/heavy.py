"""`python -m tests.agents.basket.heavy RUN`: one batch of 500 checkouts, each of a basket of 230 KiB, through the runtime.

Prints as JSON: the bytes of one basket, how many checkouts were published, and the most memory that the process held (MiB).
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from aiokafka import ConsumerRecord

from agents.basket import policy
from agents.basket.contents import Contents
from agents.basket.decider import DECIDER
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.lease import Batch, Lease
from stores.kafka.admin import make_topics
from stores.kafka.log import Place, open_log
from stores.postgres.migrate import migrate
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Source
from stores.redis.connection import connect as connect_redis
from stores.redis.fates import Fates
from stores.redis.replies import Replies
from stores.settings import Settings, load
from topics.contracts import basket_commands, basket_events, order_commands
from topics.contracts.basket_commands import Checkout
from topics.contracts.basket_events import Event, Line
from topics.copies import MEALS, MealCopy
from topics.deciding.decision import Send
from topics.messages import headers
from topics.messages.event import EventMeta

CHECKOUTS, LINES = 500, 100
NOTE, IMAGE = "🍅" * 40, "https://example.com/" + "x" * 1_980
MIB = 1024 * 1024


class Heavy:
    """The basket domain in a schema and on topics of the test's own."""

    def __init__(self, settings: Settings, run: str) -> None:
        self.settings, self.run = settings, run
        self.commands = replace(basket_commands.TOPIC, name=f"{run}_commands", partitions=1)
        self.events = replace(basket_events.TOPIC, name=f"{run}_events", partitions=1)
        self.orders = replace(order_commands.TOPIC, name=f"{run}_orders", partitions=1)

    def react(self, event: Event, meta: EventMeta, contents: Contents) -> Iterable[Send]:
        return [replace(send, topic=self.orders) for send in policy.react(event, meta, contents)]

    def key(self, number: int) -> str:
        return f"{self.run}-user-{number}"

    async def fill(self, pool: object) -> int:
        """Baskets that are full of the longest notes and addresses of images, and the menu. Returns the bytes of a basket."""
        lines = {
            f"meal-{n}": Line(
                id=f"line-{n}", restaurant_id="r", meal_id=f"meal-{n}", quantity=1, created_at=datetime.now(UTC),
                name="Karnıyarık", price=1_250_000, note=NOTE, image_url=IMAGE,
            )
            for n in range(LINES)
        }  # fmt: skip
        basket = DECIDER.form.encode(Contents(lines=lines))
        meal = MEALS.form.encode(MealCopy(restaurant_id="r", name="Karnıyarık", price=1_250_000, is_available=True))
        keys = [self.key(n) for n in range(CHECKOUTS)]
        await pool.execute("insert into aggregate select k, 1, $2::json from unnest($1::text[]) k", keys, basket)  # type: ignore[attr-defined]
        await pool.execute(  # type: ignore[attr-defined]
            "insert into fact select $1, k, 1, $3::json from unnest($2::text[]) k", MEALS.name, list(lines), meal
        )
        return len(basket.encode())

    def checkout(self, number: int) -> "ConsumerRecord[bytes, bytes]":
        name = f"{self.run}-{number}"
        named = {
            headers.ID: name, **headers.of_type(Checkout), headers.SOURCE: "tests", headers.OPERATION: name,
            headers.CALLER: self.key(number),
        }  # fmt: skip
        body = msgspec.json.encode(Checkout(payment_method="cash"))
        return ConsumerRecord(
            self.commands.name, 0, number, int(time.time() * 1000), 1, self.key(number).encode(), body, None, 0, len(body),
            [(header, value.encode()) for header, value in named.items()],
        )  # fmt: skip

    async def measure(self) -> dict[str, int]:
        await asyncio.to_thread(migrate, self.settings.postgres, self.run)
        await make_topics(self.settings.kafka, (self.commands, self.events, self.orders))
        pool, redis = await connect(self.settings.postgres, self.run), connect_redis(self.settings.redis)
        publisher, store = Publisher(self.settings.kafka), PostgresStore(pool, self.run)
        size = await self.fill(pool)
        drain = Drain(store, publisher, Replies(redis))
        work = Deciding(Roles(self.commands, self.events, DECIDER, self.react), store, drain, Fates(redis))
        lease = Lease(Source(f"{self.run}.decide", self.commands.name, 0))
        await work.open(lease, 0)
        await work.run(Batch(lease, [self.checkout(n) for n in range(CHECKOUTS)], 0))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        async with open_log(self.settings.kafka) as log:
            place = Place(self.orders.name, 0)
            published = (await log.bounds([place]))[place].end
        await publisher.stop()
        pool.terminate()
        return {"basket_bytes": size, "published": published, "most_mib": most}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(Heavy(load(), sys.argv[1]).measure())))
