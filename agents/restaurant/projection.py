"""What clients see of restaurants."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from msgspec.structs import asdict, replace

from topics import restaurant_events
from topics.decision import EventMeta, Shown, View
from topics.documents import Restaurant
from topics.restaurant_events import Event, RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.search_index import restaurant_indexes, restaurant_traits


def restaurant(restaurant_id: str, details: RestaurantDetails, created: datetime, updated: datetime) -> Restaurant:
    """The document, and the answer to its owner. Nobody has rated a new restaurant."""
    return Restaurant(
        id=restaurant_id,
        rating_avg=0.0,
        rating_count=0,
        created_at=created,
        updated_at=updated,
        **asdict(details),
    )


def show(before: Restaurant | None, event: Event, meta: EventMeta) -> Shown[Restaurant]:
    match event:
        case RestaurantOpened():
            return Shown(restaurant(meta.aggregate_id, event.details, event.opened_at, event.opened_at))
        case RestaurantChanged():
            return Shown(before and replace(before, updated_at=event.changed_at, **asdict(event.details)))
        case _:
            assert_never(event)


def indexes(document: Restaurant) -> Mapping[str, float]:
    """All of them, the oldest first; and the orders of a search."""
    return {"restaurants": document.created_at.timestamp(), **restaurant_indexes(document)}


RESTAURANT = View[Restaurant, Event](
    name="restaurant",
    topic=restaurant_events.TOPIC,
    document=Restaurant,
    show=show,
    indexes=indexes,
    traits=restaurant_traits,
)
