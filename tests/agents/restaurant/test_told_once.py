"""However often a message is delivered, a follower is told of a campaign once: ids derive from causes, the inbox knows them."""

from random import Random

import pytest
from aiokafka import ConsumerRecord
from msgspec.structs import replace

from agents.restaurant import followers, policy
from agents.restaurant.decider import DECIDER
from agents.restaurant.followers import TOLD_AT_ONCE
from agents.restaurant.limits import RESTAURANTS
from agents.runtime import arrivals
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.unit_of_work import UnitOfWork
from stores.protocol import Moment, OutboxRow, Source, Stored
from tests.agents.restaurant.test_campaigns import OPENED, OWNER, START
from tests.agents.scenario import ID, NOW
from topics.contracts import restaurant_commands, restaurant_events
from topics.contracts.restaurant_commands import Follow, OpenRestaurant
from topics.messages import headers
from topics.messages.message import Message

COMMANDS = restaurant_commands.TOPIC
ROLES = Roles(COMMANDS, restaurant_events.TOPIC, DECIDER, policy.react)
SOURCE = Source("restaurant.decide", COMMANDS.name, 0)


class Domain:
    """Decides batches as the runtime does; what it commits is kept in memory."""

    def __init__(self) -> None:
        self.kept, self.out, self.offset = Moment(owners=dict.fromkeys(RESTAURANTS.of(OWNER))), list[OutboxRow](), 0

    def take(self, rows: list[OutboxRow]) -> list[OutboxRow]:
        """Returns the domain's own commands that follow."""
        unit = UnitOfWork(ROLES, self.kept)
        unit.begin_partition(SOURCE, 0)
        for row in rows:
            unit.handle(arrivals.read(COMMANDS, 0, self._record(row), keyed=True))
        changes = unit.end_partition(self.offset + 1)
        assert not changes.park
        self.kept.known.update(changes.inbox)
        self.kept.states.update({each.id: Stored(each.version, each.body) for each in changes.states})
        self.out += changes.outbox
        return [row for row in changes.outbox if row.target == COMMANDS.name]

    def told(self) -> list[str]:
        return [(row.key or b"").decode() for row in self.out if row.target == "notification"]

    def _record(self, row: OutboxRow) -> "ConsumerRecord[bytes, bytes]":
        self.offset += 1
        return ConsumerRecord(
            topic=COMMANDS.name, partition=0, offset=self.offset, timestamp=int(NOW.timestamp() * 1000),
            timestamp_type=1, key=row.key, value=row.body, checksum=None, serialized_key_size=0,
            serialized_value_size=0, headers=row.named or [],
        )  # fmt: skip


def said(id: str, key: str, message: Message) -> OutboxRow:
    named = {headers.ID: id, headers.SOURCE: "tests", **headers.of_type(type(message)), headers.CALLER: OWNER}
    encoded = [(name, value.encode()) for name, value in named.items()]
    return OutboxRow("kafka", COMMANDS.name, key.encode(), "", COMMANDS.encode(message), named=encoded)


@pytest.mark.parametrize("seed", range(5))
def test_each_follower_is_told_once_however_often_messages_come(seed: int) -> None:
    random, domain = Random(seed), Domain()
    page = followers.page(ID, "user-0")
    users = [f"user-{n}" for n in range(20_000) if followers.page(ID, f"user-{n}") == page][: 2 * TOLD_AT_ONCE + 7]
    domain.take([said("open", ID, OpenRestaurant(name=OPENED.details.name))])
    domain.take([said(f"follow-{user}", page, Follow(user_id=user)) for user in users])
    waiting, seen = [said("start", ID, replace(START, start_date="2026-03-01"))], list[OutboxRow]()
    while waiting:
        again = random.sample(seen, min(3, len(seen)))
        batch = [*waiting, *again, random.choice(waiting)]
        seen += waiting
        waiting = domain.take(batch)
    domain.take(seen)
    assert sorted(domain.told()) == sorted(users)
