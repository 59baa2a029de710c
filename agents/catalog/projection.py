"""What clients see of meals."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from msgspec.structs import asdict, replace

from agents.catalog.dish import Offer
from topics import keys
from topics.contracts import catalog_events
from topics.contracts.catalog_events import (
    AvailabilityChanged,
    Event,
    MealAdded,
    MealChanged,
    MealDetails,
    MealRemoved,
    RowSettled,
)
from topics.deciding.decision import Context
from topics.deciding.projection import Shown, View
from topics.documents.browse import Meal
from topics.messages.event import EventMeta
from topics.search_index import meal_traits


def meal(meal_id: str, restaurant_id: str, details: MealDetails, created: datetime, updated: datetime) -> Meal:
    """The document, and the answer to the restaurant's owner."""
    return Meal(id=meal_id, restaurant_id=restaurant_id, created_at=created, updated_at=updated, **asdict(details))


def answer(offer: Offer, context: Context) -> Meal:
    """What a command answers: the meal as this decision leaves it."""
    return meal(context.aggregate_id, offer.restaurant_id, offer.details, offer.added_at, context.now)


def show(before: Meal | None, event: Event, meta: EventMeta) -> Shown[Meal]:
    match event:
        case MealAdded():
            return Shown(meal(meta.aggregate_id, event.restaurant_id, event.details, event.added_at, event.added_at))
        case MealChanged():
            return Shown(before and replace(before, updated_at=meta.at, **asdict(event.details)))
        case AvailabilityChanged():
            return Shown(before and _with_availability(before, event, meta.at))
        case MealRemoved():
            return Shown(None)
        case RowSettled():
            return Shown(before)
        case _:
            assert_never(event)


def _with_availability(before: Meal, event: AvailabilityChanged, at: datetime) -> Meal:
    return replace(before, updated_at=at, is_available=event.is_available, sold_out_until=event.until)


def indexes(document: Meal) -> Mapping[str, float]:
    """The menu of a restaurant, in the order in which it was written."""
    return {keys.menu(document.restaurant_id): document.created_at.timestamp()}


MEAL = View[Meal, Event](
    name="meal", topic=catalog_events.TOPIC, document=Meal, show=show, indexes=indexes, traits=meal_traits, shape=2
)
