"""Two owners can touch nothing of each other: each route for owners, made a command, is decided over a thing of the one owner,
as either of them asks for it."""

import importlib
import inspect
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from msgspec.structs import replace

import topics
from http_edge.commands.commands import made_of
from http_edge.routing.asked import Asked
from http_edge.routing.routes import EITHER, RESTAURANT_OWNER, CommandRow, LiveRow, ReadingRow, ViewRow
from http_edge.web import ROUTES
from tests.agents.analytics.test_decider import REPORT
from tests.agents.scenario import evolved
from tests.http_edge.requests import BODIES
from topics.contracts import (
    all_topics,
    catalog_events,
    courier_events,
    menu_commands,
    order_events,
    payment_events,
    restaurant_events,
)
from topics.contracts.catalog_events import MealAdded
from topics.contracts.courier_commands import OfferDelivery, WithdrawCourier
from topics.contracts.courier_events import DeliveryExpected, DeliveryOffered, DeliveryOpened
from topics.contracts.menu_commands import OpenImport, TakePage
from topics.contracts.menu_events import ImportOpened
from topics.contracts.order_commands import (
    AcceptOrder,
    CancelOrder,
    DelayOrder,
    DeliverOrder,
    PickUpOrder,
    PrepareOrder,
    ReadyOrder,
    RejectOrder,
)
from topics.contracts.order_events import OrderAccepted, OrderPlaced, OrderReady, OrderSentToKitchen
from topics.contracts.payment_commands import RefundCustomer
from topics.contracts.payment_events import (
    AmountCaptured,
    AuthorizationGranted,
    AuthorizationRequested,
    CaptureRequested,
)
from topics.contracts.restaurant_events import RestaurantDetails, RestaurantOpened
from topics.deciding.decision import Context, Decider, Decision
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.validation import Validator

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
OWNER, OTHER = "owner-1", "owner-2"
RESTAURANT, THEIRS = "r-1", "r-2"
"""Of OWNER, which all requests speak of (tests/http_edge/requests.py); and of OTHER."""

UPLOAD = "65a1b2c3d4e5f60718293a4b"
"""Names the bytes of a picture."""

ROWS = [row for row in ROUTES if isinstance(row, CommandRow) and row.who in (RESTAURANT_OWNER, EITHER)]


def example(topic: Topic, kind: type[Message]) -> Any:
    """The message of topics/examples."""
    path = Path(topics.__file__).parent / "examples" / topic.name / f"{kind.__name__}.json"
    return msgspec.json.decode(path.read_bytes(), type=kind)


def opened(owner: str) -> RestaurantOpened:
    return RestaurantOpened(owner_id=owner, details=RestaurantDetails(name="Lokanta"), opened_at=NOW)


THINGS: dict[str, Message] = {
    "restaurant": opened(OWNER),
    "catalog": replace(example(catalog_events.TOPIC, MealAdded), restaurant_id=RESTAURANT),
    "menu": ImportOpened(number=example(menu_commands.TOPIC, menu_commands.StartImport).number, owner_id=OWNER),
    "order": replace(example(order_events.TOPIC, OrderPlaced), restaurant_id=RESTAURANT, pickup=True, pay_by=NOW),
    "payment": replace(example(payment_events.TOPIC, AuthorizationRequested), restaurant_id=RESTAURANT),
    "courier": replace(example(courier_events.TOPIC, DeliveryExpected), restaurant_id=RESTAURANT),
}
"""What a route with an id in its path is about, by the domain that decides; none where it makes something new."""

_COOKED = (OrderSentToKitchen, OrderAccepted)
SINCE: dict[type[Message], tuple[type[Message], ...]] = {
    AcceptOrder: (OrderSentToKitchen,),
    RejectOrder: (OrderSentToKitchen,),
    **dict.fromkeys((PrepareOrder, DelayOrder, ReadyOrder, CancelOrder), _COOKED),
    **dict.fromkeys((DeliverOrder, PickUpOrder), (*_COOKED, OrderReady)),
    **dict.fromkeys((OfferDelivery, WithdrawCourier), (DeliveryOpened, DeliveryOffered)),
    RefundCustomer: (AuthorizationGranted, CaptureRequested, AmountCaptured),
}
"""What has happened to it besides, so that its owner may do this with it."""


COPIED: dict[str, dict[str, Message]] = {
    restaurant_events.TOPIC.name: {RESTAURANT: opened(OWNER), THEIRS: opened(OTHER)},
    catalog_events.TOPIC.name: {RESTAURANT: THINGS["catalog"]},
}
"""Whose what is, as copies hear of it: each owner has a restaurant, and on the one menu is a meal. By topic, then by id."""

PREPARED: dict[str, Any] = {"analytics": REPORT}
"""What is found for whoever asks, before it is decided who may."""

BEFOREHAND = [
    (menu_commands.TOPIC, OpenImport(restaurant_id=RESTAURANT)),
    (menu_commands.TOPIC, TakePage(restaurant_id=RESTAURANT, number=1)),
]
"""What the edge sends before a route's own command."""


def decided(topic: Topic, message: Message, caller: str, *, about: Sequence[Message]) -> Decision[Any]:
    """RESTAURANT is the id of whatever the path names, too. about: what has happened to it."""
    decider = decider_of(topic.domain)
    state = evolved(decider, decider.state(), about)
    claims = dict.fromkeys(decider.claims(message, RESTAURANT, caller), RESTAURANT)
    prepared = PREPARED.get(topic.domain)
    context = Context("command-1", RESTAURANT, NOW, caller=caller, claims=claims, prepared=prepared)
    return decider.decide(message, state, facts(decider, list(decider.needs(message, state))), context)


def decider_of(domain: str) -> Decider[Any, Any, Any, Any]:
    return importlib.import_module(f"agents.{domain}.decider").DECIDER


def command(row: CommandRow, caller: str) -> Message:
    if inspect.iscoroutinefunction(row.make):  # it asks servers
        return example(row.topic, row.message)
    body = Validator(row.takes, partial=row.partial).validated(BODIES.get(row.name, {}))
    asked = SimpleNamespace(body=body, parameters=dict.fromkeys(row.parameters, RESTAURANT), me=caller, asks=row.asks())
    if row.picture_of is not None:
        asked.body, asked.upload = RESTAURANT, UPLOAD
    return cast(Message, made_of(row, cast(Asked, asked)))


def facts(decider: Decider[Any, Any, Any, Any], needed: Sequence[tuple[str, str]]) -> Any:
    """What its copies say."""
    known: dict[str, dict[str, Any]] = {table.name: {} for table in decider.fact_tables}
    for table in decider.fact_tables:
        for name, event in COPIED.get(table.topic.name, {}).items():
            if (table.name, name) in needed:
                known[table.name][name] = table.show(None, event, EventMeta("event", name, 1, NOW)).document
    return decider.facts(**known)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_belongs_to_one_owner_is_not_there_for_another(row: CommandRow) -> None:
    about = list[Message]()
    if row.parameters or row.topic.domain == "restaurant":
        about += [THINGS[row.topic.domain]] if row.topic.domain in THINGS else []
        about += [example(all_topics()[f"{row.topic.domain}_events"], kind) for kind in SINCE.get(row.message, ())]
    _are_told_apart(*(decided(row.topic, command(row, caller), caller, about=about) for caller in (OWNER, OTHER)))


@pytest.mark.parametrize(("topic", "message"), BEFOREHAND, ids=lambda each: type(each).__name__)
def test_commands_that_the_edge_sends_beforehand_tell_owners_apart_too(topic: Topic, message: Message) -> None:
    _are_told_apart(*(decided(topic, message, caller, about=()) for caller in (OWNER, OTHER)))


def _are_told_apart(mine: Decision[Any], theirs: Decision[Any]) -> None:
    assert mine.rejection is None and mine.answer is not None, f"its owner may: {mine.rejection}"
    assert theirs.rejection is not None and theirs.rejection.code == "not_found"
    assert theirs.events == theirs.timers == theirs.cancels == ()


def test_what_only_an_owner_reads_says_in_itself_whose_it_is() -> None:
    for row in ROUTES:
        if row.who is RESTAURANT_OWNER and not isinstance(row, CommandRow):
            assert isinstance(row, ReadingRow), row.name
            said = row.guard is not None or (isinstance(row, ViewRow | LiveRow) and row.owner)
            assert said, f"who may read what {row.name} gives?"


def test_every_domain_that_owners_write_to_is_tried() -> None:
    assert {row.topic.domain for row in ROWS} >= {
        "restaurant",
        "catalog",
        "menu",
        "discount",
        "order",
        "courier",
        "analytics",
    }
