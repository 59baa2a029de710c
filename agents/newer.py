"""A command that only newer code knows is parked with its key (docs/decisions/082). Code that knows it has it decided."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.unit_of_work import NEWER
from agents.runtime.sending.letters import correlation_of, kafka_row, made_by
from agents.runtime.sending.publisher import Publisher
from stores.engineering import Domains
from stores.errors import Doubt
from stores.protocol import OutboxRow
from stores.settings import Settings
from stores.technologies import open_domains
from topics.contracts import all_topics
from topics.messages import headers, ids
from topics.messages.redrive import Redrive
from topics.messages.topic import Topic

log = structlog.get_logger()

FIRST, EVERY = 5.0, 60.0  # seconds from the start to the first look, and between two


class _Place(NamedTuple):
    topic: str
    key: str
    id: str


class Freeing:
    """Of one process. domains: those that it runs. A key is ordered once: where the command raises then, an engineer
    has to look at it, as at any other parked one."""

    def __init__(self, publisher: Publisher, domains: Sequence[str]) -> None:
        self._publisher = publisher
        self._topics = {name: all_topics()[name] for name in (f"{domain}_commands" for domain in domains)}
        self._ordered = set[_Place]()

    async def run(self, settings: Settings) -> None:
        """For ever."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                async with open_domains(settings) as domains:
                    await self.round(domains)
            except Doubt as doubt:
                log.info("newer_commands_put_off", why=str(doubt)[:160])
            except Exception:
                # Nobody awaits this task: if it ended, keys would stay parked without notice.
                log.exception("newer_commands_failed")
            await asyncio.sleep(EVERY)

    async def round(self, domains: Domains) -> int:
        """Orders to decide what this code knows. Returns how many keys. Raises Doubt."""
        there, orders = set[_Place](), dict[_Place, OutboxRow]()
        for parked in await domains.parked_keys():
            topic, place = self._topics.get(parked.topic), _Place(parked.topic, parked.key, parked.id)
            there.add(place)
            if topic is None or not parked.reason.startswith(NEWER) or place in self._ordered:
                continue
            for row in await domains.parked(parked.domain, parked.topic, parked.key, 1):
                first = arrivals.of_parked(topic, row)
                if first.message is not None:
                    log.info("newer_command_known", topic=parked.topic, key=parked.key, id=parked.id)
                    orders[place] = _order(topic, first)
        if orders:
            await self._publisher.publish(list(orders.values()))  # where Kafka is away, the next round orders them
        self._ordered = (self._ordered | orders.keys()) & there
        return len(orders)


def _order(topic: Topic, first: Arrival) -> OutboxRow:
    """To decide all that is parked behind its key."""
    message, key = Redrive(), (first.key or "").encode()
    named = [
        *made_by(topic.domain, message, datetime.now(UTC)),
        (headers.ID, ids.fresh().encode()),
        (headers.SUBJECT, key),
        (headers.CORRELATION, correlation_of(first).encode()),
        (headers.CAUSATION, first.id.encode()),
    ]
    return kafka_row(topic.name, key, named, msgspec.json.encode(message))
