"""What the edge takes, its domain decides, and what comes of it can be stored, sent and shown: it is never a dead letter.

Thousands of bodies, made of the types of each row's fields, over one thing of each kind. Some of them go through the whole
product in `tests/journeys/clients/test_generated_requests.py`.
"""

import json
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from agents.runtime.sending.letters import LARGEST
from http_edge.commands.bodies import decode
from http_edge.commands.commands import made_of
from http_edge.routing.asked import Asked
from http_edge.routing.routes import CommandRow, Nothing
from http_edge.wire.problems import Problem
from infra.fault.audits.views import ROWS as VIEWS
from tests.agents.scenario import evolved
from tests.agents.test_owners import NOW, OWNER, RESTAURANT, SINCE, THINGS, decided, decider_of, example
from tests.http_edge.generated import bodies
from tests.http_edge.requests import BODIES, ROUTES
from topics.contracts import address_events, all_topics, basket_events, courier_events, payment_events, user_events
from topics.contracts.address_commands import ReplaceAddress
from topics.contracts.address_events import AddressAdded
from topics.contracts.basket_commands import ChangeItem, Checkout
from topics.contracts.basket_events import LineSet
from topics.contracts.courier_commands import AcceptOffer, RecordDelivered, RecordDeliveryFailed, RecordPickup
from topics.contracts.courier_events import (
    DeliveryAccepted,
    DeliveryExpected,
    DeliveryOffered,
    DeliveryOpened,
    PickedUp,
)
from topics.contracts.payment_commands import RecordReport
from topics.contracts.payment_events import AuthorizationRequested
from topics.contracts.user_commands import ChangeProfile
from topics.contracts.user_events import ProfileCompleted
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.values.validation import Validator

ROWS = [row for row in ROUTES if isinstance(row, CommandRow) and row.takes is not Nothing and not row.hashed_on]
"""All with a body, but those with a password, which goes sealed to a process that hashes it."""

ALL = 100_000
"""Bodies of a row: more than there are."""

HEADERS = 8 * 1024
"""Bytes, more than the runtime writes."""


def _line() -> LineSet:
    said = example(basket_events.TOPIC, LineSet)
    return replace(said, line=replace(said.line, meal_id=RESTAURANT))


def _address() -> AddressAdded:
    said = example(address_events.TOPIC, AddressAdded)
    return replace(said, address=replace(said.address, id=RESTAURANT), default_id=RESTAURANT)


def _courier(kind: type[Message]) -> Any:
    said = example(courier_events.TOPIC, kind)
    if isinstance(said, DeliveryOffered):
        said = replace(said, ends_at=NOW + timedelta(minutes=1))
    return replace(said, courier_id=OWNER) if hasattr(said, "courier_id") else said


_OFFERED = tuple(map(_courier, (DeliveryExpected, DeliveryOpened, DeliveryOffered)))
BEFORE: dict[type[Message], tuple[Message, ...]] = {
    ChangeProfile: (example(user_events.TOPIC, ProfileCompleted),),
    ReplaceAddress: (_address(),),
    ChangeItem: (_line(),),
    Checkout: (_line(),),
    AcceptOffer: _OFFERED,
    RecordPickup: (*_OFFERED, _courier(DeliveryAccepted)),
    RecordDelivered: (*_OFFERED, _courier(DeliveryAccepted), _courier(PickedUp)),
    RecordDeliveryFailed: (*_OFFERED, _courier(DeliveryAccepted), _courier(PickedUp)),
    RecordReport: (example(payment_events.TOPIC, AuthorizationRequested),),
}
"""What has happened to the thing, beside what tests/agents/test_owners.py says."""

NEVER = {"POST /auth/verify-email", "POST /auth/refresh", "POST /carts/coupon", "POST /carts/anonymous/merge",
         "POST /restaurants/{id}/reviews"}  # fmt: skip
"""Rows of which no body is accepted here: they want a token, a coupon, a basket, an order that are nowhere."""


def _command(row: CommandRow, body: Any) -> Message:
    if row.mails:  # the language is looked up
        return row.message(email=body.email)  # type: ignore[call-arg]
    asked: Any = SimpleNamespace(
        body=body, parameters=dict.fromkeys(row.parameters, RESTAURANT), me=OWNER, asks=row.asks(), idempotency_key=None
    )
    return cast(Message, made_of(row, cast(Asked, asked)))


def _about(row: CommandRow) -> tuple[Message, ...]:
    if row.message in BEFORE:
        return BEFORE[row.message]
    makes_a_new_one = not row.parameters and row.name != "POST /campaigns"
    if makes_a_new_one or row.topic.domain not in THINGS:
        return ()
    events = all_topics()[f"{row.topic.domain}_events"]
    return (THINGS[row.topic.domain], *(example(events, kind) for kind in SINCE.get(row.message, ())))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_a_row_takes_is_decided_and_its_events_fit_their_topic_and_views(row: CommandRow) -> None:
    good = json.loads(json.dumps(BODIES[row.name]).replace('"m-1"', f'"{RESTAURANT}"'))
    validator, about, became = Validator(row.takes, partial=row.partial), _about(row), Counter[str]()
    for body in bodies(row, good, ALL):
        try:
            command = _command(row, decode(json.dumps(body).encode(), validator)[0])
        except Problem as problem:
            assert 400 <= problem.status < 500
            continue
        became[_what_becomes_of(row, command, about)] += 1
    assert became["accepted"] or row.name in NEVER, f"nothing was tried: {became}"


def _what_becomes_of(row: CommandRow, command: Message, about: tuple[Message, ...]) -> str:
    """`accepted`, or the code with which it is refused."""
    raw, kind = row.topic.encode(command), type(command)
    assert row.topic.decode(kind.__name__, raw, str(kind.schema_version)) == command
    decision = decided(row.topic, command, OWNER, about=about)
    assert not decision.events or decision.rejection is None or decision.rejection.code
    _can_be_kept(row.topic.domain, about, decision.events)
    return "accepted" if decision.rejection is None else decision.rejection.code


def _can_be_kept(domain: str, about: tuple[Message, ...], events: tuple[Message, ...]) -> None:
    """Each event is read as it was written, fits its topic, and the state and every view of its domain can show it."""
    decider, topic = decider_of(domain), all_topics()[f"{domain}_events"]
    evolved(decider, decider.state(), (*about, *events))
    for event in events:
        raw, kind = topic.encode(event), type(event)
        assert topic.decode(kind.__name__, raw, str(kind.schema_version)) == event
        assert len(raw) + HEADERS < LARGEST
    for view in (row.view for row in VIEWS if row.domain == domain and row.view is not None):
        document: Any = None
        for version, event in enumerate((*about, *events), 1):
            document = view.show(document, event, EventMeta("event", RESTAURANT, version, NOW)).document
