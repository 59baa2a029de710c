"""What clients see of restaurants, their reviews and their campaigns."""

from collections.abc import Mapping
from typing import Any, assert_never

from msgspec.structs import asdict, replace

from agents.restaurant.house import Opened, Rating
from topics import keys
from topics.contracts import restaurant_events
from topics.contracts.restaurant_events import (
    Announced,
    Busy,
    CampaignBegan,
    CampaignDetails,
    CampaignStarted,
    Event,
    FollowerAdded,
    FollowerRefused,
    FollowerRemoved,
    ModesChanged,
    RatingCounted,
    RestaurantChanged,
    RestaurantDetails,
    RestaurantOpened,
    ReviewErased,
    ReviewGiven,
    SlotAsked,
    SlotFull,
    SlotReleased,
    SlotReserved,
    prep_time,
)
from topics.deciding.projection import PartOf, Shown, View
from topics.documents.browse import Campaign, Campaigns, Restaurant, RestaurantOwner, Review
from topics.messages.event import EventMeta
from topics.search_index import restaurant_indexes, restaurant_traits


def restaurant(restaurant_id: str, opened: Opened) -> Restaurant:
    """The document, and the answer to its owner."""
    return Restaurant(
        id=restaurant_id,
        rating_avg=opened.rating.average,
        rating_count=opened.rating.count,
        created_at=opened.at,
        updated_at=opened.updated_at,
        busy=opened.busy,
        pause=opened.pause,
        **_said(opened.details, opened.busy),
    )


def _said(details: RestaurantDetails, busy: Busy | None) -> dict[str, Any]:
    """What its owner said of it, with the prep_time that is shown."""
    return asdict(details) | {"prep_time": prep_time(details, busy)}


def show(before: Restaurant | None, event: Event, meta: EventMeta) -> Shown[Restaurant]:
    match event:
        case RestaurantOpened():
            opened = Opened(owner_id=event.owner_id, details=event.details, at=event.opened_at)
            return Shown(restaurant(meta.aggregate_id, opened))
        case RestaurantChanged():
            said = _said(event.details, before.busy if before else None)
            return Shown(before and replace(before, updated_at=event.changed_at, **said))
        case ModesChanged():
            modes = {"busy": event.busy, "pause": event.pause, "prep_time": event.prep_time}
            return Shown(before and replace(before, updated_at=event.changed_at, **modes))
        case RatingCounted(total=total, count=count):
            average = Rating(total=total, count=count).average
            return Shown(before and replace(before, rating_avg=average, rating_count=count))
        case (
            ReviewGiven()
            | ReviewErased()
            | SlotReserved()
            | SlotFull()
            | SlotReleased()
            | SlotAsked()
            | CampaignStarted()
            | CampaignBegan()
            | FollowerAdded()
            | FollowerRemoved()
            | FollowerRefused()
            | Announced()
        ):
            return Shown(before)
        case _:
            assert_never(event)


def indexes(document: Restaurant) -> Mapping[str, float]:
    """All of them, the oldest first; and the orders of a search."""
    return {keys.RESTAURANTS: document.created_at.timestamp(), **restaurant_indexes(document)}


RESTAURANT = View[Restaurant, Event](
    name="restaurant",
    topic=restaurant_events.TOPIC,
    document=Restaurant,
    show=show,
    indexes=indexes,
    traits=restaurant_traits,
    shape=2,
)


def show_owner(before: RestaurantOwner | None, event: Event, meta: EventMeta) -> Shown[RestaurantOwner]:
    """Who opened it, for ever."""
    return Shown(RestaurantOwner(owner_id=event.owner_id) if isinstance(event, RestaurantOpened) else before)


RESTAURANT_OWNER = View[RestaurantOwner, Event](
    name="restaurant_owner", topic=restaurant_events.TOPIC, document=RestaurantOwner, show=show_owner
)


def review(given: ReviewGiven) -> Review:
    """The document, and the answer to who gave it."""
    return Review(
        restaurant_id=given.restaurant_id, rating=given.rating, comment=given.comment, created_at=given.given_at
    )


def show_review(before: Review | None, event: Event, meta: EventMeta) -> Shown[Review]:
    match event:
        case ReviewGiven():
            return Shown(review(event))
        case ReviewErased():
            return Shown(before and replace(before, comment=""))
        case _:
            return Shown(before)  # of other aggregates


def review_indexes(document: Review) -> Mapping[str, float]:
    return {keys.reviews(document.restaurant_id): document.created_at.timestamp()}


REVIEW = View[Review, Event](
    name="review", topic=restaurant_events.TOPIC, document=Review, show=show_review, indexes=review_indexes
)


def campaign(details: CampaignDetails, restaurant_id: str, restaurant_name: str) -> Campaign:
    """As clients see it, and the answer to who started it."""
    return Campaign(**asdict(details), restaurant_id=restaurant_id, restaurant_name=restaurant_name)


def show_campaigns(before: Campaigns | None, event: Event, meta: EventMeta) -> Shown[Campaigns]:
    """Those that are over leave when another one starts; a reader compares the others with its clock."""
    match event:
        case CampaignStarted():
            started = campaign(event.campaign, meta.aggregate_id, event.restaurant_name)
            others = before.campaigns if before else ()
            kept = tuple(each for each in others if each.end_date >= event.campaign.created_at)
            return Shown(Campaigns(campaigns=(*kept, started)))
        case RestaurantChanged():
            return Shown(before and _renamed(before, event.details.name))
        case (
            RestaurantOpened()
            | ModesChanged()
            | ReviewGiven()
            | ReviewErased()
            | RatingCounted()
            | SlotReserved()
            | SlotFull()
            | SlotReleased()
            | SlotAsked()
            | CampaignBegan()
            | FollowerAdded()
            | FollowerRemoved()
            | FollowerRefused()
            | Announced()
        ):
            return Shown(before)
        case _:
            assert_never(event)


def _renamed(shown: Campaigns, name: str) -> Campaigns:
    return Campaigns(campaigns=tuple(replace(each, restaurant_name=name) for each in shown.campaigns))


def campaign_parts(document: Campaigns) -> Mapping[PartOf, float]:
    """Each by its own end: a list of them passes over those that are over, and no other campaign moves one in the order."""
    return {
        PartOf(keys.campaigns(place), keys.part(each.restaurant_id, each.id)): each.end_date.timestamp()
        for each in document.campaigns
        for place in (None, each.restaurant_id)
    }


CAMPAIGNS = View[Campaigns, Event](
    name="campaigns",
    topic=restaurant_events.TOPIC,
    document=Campaigns,
    show=show_campaigns,
    parts=campaign_parts,
)
