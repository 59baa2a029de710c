"""Two owners can touch nothing of each other: each route for owners, made a command, is decided over a thing of the one owner,
as either of them asks for it."""

import importlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from msgspec.structs import replace

import topics
from http_edge.routing.asked import Asked
from http_edge.routing.routes import RESTAURANT_OWNER, CommandRow
from http_edge.web import ROUTES
from tests.agents.scenario import evolved
from tests.http_edge.requests import BODIES
from topics.contracts import catalog_events, order_events, restaurant_events
from topics.contracts.catalog_events import MealAdded
from topics.contracts.order_events import OrderPlaced
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

ROWS = [row for row in ROUTES if isinstance(row, CommandRow) and row.who is RESTAURANT_OWNER]


def example(topic: Topic, kind: type[Message]) -> Any:
    """The message of topics/examples."""
    path = Path(topics.__file__).parent / "examples" / topic.name / f"{kind.__name__}.json"
    return msgspec.json.decode(path.read_bytes(), type=kind)


def opened(owner: str) -> RestaurantOpened:
    return RestaurantOpened(owner_id=owner, details=RestaurantDetails(name="Lokanta"), opened_at=NOW)


THINGS: dict[str, Message] = {
    "restaurant": opened(OWNER),
    "catalog": replace(example(catalog_events.TOPIC, MealAdded), restaurant_id=RESTAURANT),
    "order": replace(example(order_events.TOPIC, OrderPlaced), restaurant_id=RESTAURANT),
}
"""What a route with an id in its path is about, by the domain that decides."""


def decided(row: CommandRow, caller: str) -> Decision[Any]:
    """RESTAURANT is the id of whatever the path names, too."""
    decider: Decider[Any, Any, Any, Any] = importlib.import_module(f"agents.{row.topic.domain}.decider").DECIDER
    about_it = row.parameters or row.topic.domain == "restaurant"
    state = evolved(decider, decider.state(), (THINGS[row.topic.domain],) if about_it else ())
    message = command(row, caller)
    claims = dict.fromkeys(decider.claims(message, RESTAURANT, caller), RESTAURANT)
    context = Context("command-1", RESTAURANT, NOW, caller=caller, claims=claims)
    return decider.decide(message, state, facts(decider, list(decider.needs(message, state))), context)


def command(row: CommandRow, caller: str) -> Message:
    body = Validator(row.takes, partial=row.partial).validated(BODIES.get(row.name, {}))
    asked = SimpleNamespace(body=body, parameters=dict.fromkeys(row.parameters, RESTAURANT), me=caller)
    if row.make is None:
        return body if isinstance(body, Message) else row.message()
    return cast(Message, row.make(cast(Asked, asked)))


def facts(decider: Decider[Any, Any, Any, Any], needed: Sequence[tuple[str, str]]) -> Any:
    """What its copies say: that each owner has a restaurant."""
    known: dict[str, dict[str, Any]] = {table.name: {} for table in decider.fact_tables}
    for table in decider.fact_tables:
        if table.topic is restaurant_events.TOPIC:
            for name, owner in ((RESTAURANT, OWNER), (THEIRS, OTHER)):
                if (table.name, name) in needed:
                    shown = table.show(None, opened(owner), EventMeta("event", name, 1, NOW))
                    known[table.name][name] = shown.document
    return decider.facts(**known)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_belongs_to_one_owner_is_not_there_for_another(row: CommandRow) -> None:
    mine, theirs = decided(row, OWNER), decided(row, OTHER)
    assert mine.rejection is None and mine.answer is not None, f"its owner may: {mine.rejection}"
    assert theirs.rejection is not None and theirs.rejection.code == "not_found"
    assert theirs.events == theirs.timers == theirs.cancels == ()


def test_every_domain_that_owners_write_to_is_tried() -> None:
    assert {row.topic.domain for row in ROWS} == {"restaurant", "catalog", "discount", "order"}
