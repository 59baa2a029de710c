"""A log as orders leave it: ten messages each in seven topics, with the bodies of the contracts' examples and all headers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from infra.layout.folders import CHECKOUT
from stores.kafka.partitioning import partition_of
from topics.contracts import all_topics
from topics.messages import headers, ids

_TOGETHER = 50  # messages of a batch in the log, as agents publish them under load
_USERS = 5_000

# Topic, type, of whom (the user or the order), version of an event, of which one before it is the consequence.
_WAY = (
    ("basket_commands", "Checkout", "user", None, None),
    ("basket_events", "CheckedOut", "user", 4, 0),
    ("order_commands", "PlaceOrder", "order", None, 0),
    ("order_events", "OrderPlaced", "order", 1, 2),
    ("payment_commands", "Authorize", "order", None, 3),
    ("payment_events", "AuthorizationGranted", "order", 2, 4),
    ("order_commands", "ConfirmPayment", "order", None, 5),
    ("order_events", "PaymentConfirmed", "order", 2, 6),
    ("order_events", "OrderSentToKitchen", "order", 3, 6),
    ("notification_commands", "ConfirmOrder", "user", None, 3),
)
EACH = len(_WAY)


class Record(NamedTuple):
    topic: str
    key: bytes
    headers: list[tuple[str, bytes]]
    body: bytes


def order(number: int) -> str:
    """The id of this order."""
    return ids.derive(str(number), "order")


def flow(number: int) -> str:
    """The correlation of its messages."""
    return ids.derive(str(number), "flow")


def records(orders: int) -> Iterator[Record]:
    bodies = [_example(topic, kind) for topic, kind, *_ in _WAY]
    for number in range(orders):
        of = {"user": ids.derive(str(number % _USERS), "user").encode(), "order": order(number).encode()}
        correlation = flow(number).encode()
        messages = [ids.derive(flow(number), str(at)).encode() for at in range(EACH)]
        for at, (topic, kind, whose, version, cause) in enumerate(_WAY):
            named = [
                ("ce_specversion", b"1.0"), (headers.ID, messages[at]), (headers.TYPE, kind.encode()),
                (headers.SOURCE, b"lezzet/" + topic.rpartition("_")[0].encode()),
                (headers.TIME, b"2026-03-01T18:30:00.125000+00:00"), (headers.SUBJECT, of[whose]),
                (headers.CORRELATION, correlation), (headers.OPERATION, messages[0]), (headers.CALLER, of["user"]),
                ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ]  # fmt: skip
            if cause is not None:
                named.append((headers.CAUSATION, messages[cause]))
            if version is not None:
                named.append((headers.SEQUENCE, b"%d" % version))
            yield Record(topic, of[whose], named, bodies[at])


def _example(topic: str, kind: str) -> bytes:
    said = (CHECKOUT / "topics" / "examples" / topic / f"{kind}.json").read_bytes()
    return msgspec.json.encode(msgspec.json.decode(said))


async def fill(brokers: str, orders: int) -> None:
    """The topics have to be there."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, max_batch_size=1024 * 1024)
    await producer.start()
    try:
        together, counts = dict[tuple[str, int], list[Record]](), {t.name: t.partitions for t in all_topics().values()}
        for record in records(orders):
            place = record.topic, partition_of(record.key, counts[record.topic])
            waiting = together.setdefault(place, [])
            waiting.append(record)
            if len(waiting) == _TOGETHER:
                await _send(producer, place, together.pop(place))
        for place, waiting in together.items():
            await _send(producer, place, waiting)
        await producer.flush()
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, place: tuple[str, int], waiting: Sequence[Record]) -> None:
    batch = producer.create_batch()
    for each in waiting:
        if batch.append(key=each.key, value=each.body, timestamp=None, headers=each.headers) is None:
            raise ValueError(f"{len(waiting)} messages of {each.topic} are too large for a batch")
    await producer.send_batch(batch, place[0], partition=place[1])
