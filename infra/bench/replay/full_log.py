"""A log as orders leave it: ten messages each in seven topics, with the bodies of the contracts' examples and all headers. And
events of address books, for a topic that is long."""

from collections.abc import Iterator

import msgspec

from infra.bench.replay.filling import Record
from infra.layout.folders import CHECKOUT
from topics.messages import headers, ids

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


OF_A_BOOK = 5
"""Events of one address book."""


def book(number: int) -> str:
    """The id of this address book."""
    return ids.derive(str(number), "book")


def books(events: int) -> Iterator[Record]:
    """All books grow at the same time. events: 5 for each."""
    every = [book(number) for number in range(events // OF_A_BOOK)]
    body = _example("address_events", "AddressAdded")
    for version in range(1, OF_A_BOOK + 1):
        for whose in every:
            named = [
                (headers.ID, f"{whose} {version}".encode()), (headers.TYPE, b"AddressAdded"),
                (headers.SOURCE, b"lezzet/address"), (headers.SUBJECT, whose.encode()), (headers.SEQUENCE, b"%d" % version),
                (headers.TIME, b"2026-03-01T18:30:00.125000+00:00"),
            ]  # fmt: skip
            yield Record("address_events", whose.encode(), named, body)


def _example(topic: str, kind: str) -> bytes:
    said = (CHECKOUT / "topics" / "examples" / topic / f"{kind}.json").read_bytes()
    return msgspec.json.encode(msgspec.json.decode(said))
