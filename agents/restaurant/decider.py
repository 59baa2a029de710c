"""What a restaurant may do. Its owner is who opened it; to everybody else a change answers as if it did not exist.

Busy mode and pause are in modes.py, reviews in reviews.py, slots in slots.py, campaigns in campaigns.py, the pages of
followers in followers.py: a domain has one decider, for all its aggregates."""

from collections.abc import Iterable
from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace

from agents.restaurant import campaigns, delivery, followers, hours, modes, reviews, slots
from agents.restaurant.answer import now_shown
from agents.restaurant.facts import DELIVERED, Facts
from agents.restaurant.house import House, Opened
from agents.restaurant.limits import RESTAURANT_BYTES, RESTAURANTS
from topics.contracts.restaurant_commands import (
    Announce,
    AskSlot,
    BeBusy,
    BeginCampaign,
    ChangeRestaurant,
    Command,
    CountRating,
    EndBusy,
    EraseReview,
    Follow,
    GiveReview,
    OpenRestaurant,
    PauseOrders,
    ReleaseSlot,
    ReserveSlot,
    ResumeOrders,
    SetLogo,
    StartCampaign,
    Unfollow,
)
from topics.contracts.restaurant_events import (
    Announced,
    CampaignBegan,
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
)
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, reject
from topics.deciding.seats import Seat
from topics.documents.photo import is_same, path_of
from topics.values.kurus import lira_before


def decide(command: Command, house: House, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case OpenRestaurant():
            return _open(command, house, context)
        case ChangeRestaurant():
            return _change(command, house, context)
        case SetLogo():
            return _set_logo(command, house, context)
        case BeBusy() | EndBusy() | PauseOrders() | ResumeOrders():
            return _owned(command, house, context)
        case GiveReview():
            return reviews.give(command, house, facts, context)
        case EraseReview():
            return reviews.erase(house)
        case CountRating():
            return reviews.count(command, house)
        case ReserveSlot():
            return slots.reserve(command, house)
        case ReleaseSlot():
            return slots.release(command, house)
        case AskSlot():
            return slots.ask(command)
        case StartCampaign():
            return campaigns.start(command, house, context)
        case BeginCampaign():
            return campaigns.begin(command, house, context)
        case Follow():
            return followers.follow(command, house)
        case Unfollow():
            return followers.unfollow(command, house)
        case Announce():
            return followers.announce(command, house)
        case _:
            assert_never(command)


def _owned(command: BeBusy | EndBusy | PauseOrders | ResumeOrders, house: House, context: Context) -> Decision[Event]:
    """Of its owner, or of a timer that the owner has set."""
    opened = house.opened
    if opened is None or (opened.owner_id != context.caller and context.fired is None):
        return reject("not_found", "you have no such restaurant")
    match command:
        case BeBusy():
            return modes.be_busy(command, opened, context)
        case EndBusy():
            return modes.end_busy(opened, context)
        case PauseOrders():
            return modes.pause(command, opened, context)
        case ResumeOrders():
            return modes.resume(opened, context)
        case _:
            assert_never(command)


def _open(command: OpenRestaurant, house: House, context: Context) -> Decision[Event]:
    if context.caller is None:
        return reject("login_required", "log in to open a restaurant")
    details = delivery.normal(RestaurantDetails(**asdict(command)))
    refused = hours.refusal(details) or delivery.refusal(details)
    if refused is not None:
        return Decision(rejection=refused)
    if house.opened is None:
        if (too_large := _too_large(details)) is not None:
            return Decision(rejection=too_large)
        seat = RESTAURANTS.free(context.caller, context)
        if seat is None:
            return reject("too_many_restaurants", f"one owner has at most {RESTAURANTS.most} restaurants")
        opened = Opened(owner_id=context.caller, details=details, at=context.now)
        event = RestaurantOpened(owner_id=context.caller, details=details, opened_at=context.now)
        return accept(event, answer=now_shown(context.aggregate_id, opened, context.now), takes=(seat,))
    if (house.opened.owner_id, house.opened.details) == (context.caller, details):
        return accept(answer=now_shown(context.aggregate_id, house.opened, context.now), takes=())
    return reject("restaurant_exists", "a restaurant with this id is open already")


def _change(command: ChangeRestaurant, house: House, context: Context) -> Decision[Event]:
    opened = house.opened
    if opened is None or opened.owner_id != context.caller:
        return reject("not_found", "you have no such restaurant")
    details = _changed(command, opened)
    if details == opened.details:
        return accept(answer=now_shown(context.aggregate_id, opened, context.now))
    if (refused := _refusal(details, opened.details) or _too_large(details)) is not None:
        return Decision(rejection=refused)
    after = replace(opened, details=details, changed_at=context.now)
    changed = RestaurantChanged(details=details, changed_at=context.now)
    return accept(changed, answer=now_shown(context.aggregate_id, after, context.now))


def _changed(command: ChangeRestaurant, opened: Opened) -> RestaurantDetails:
    said = {name: value for name, value in asdict(command).items() if value is not None and name != "clears"}
    if opened.busy is not None and command.prep_time == opened.prep_time:
        del said["prep_time"]  # a client that puts back what it was shown does not mean the usual one
    if is_same(command.logo or "", opened.details.logo):
        del said["logo"]
    after = replace(opened.details, **{**said, **dict.fromkeys(command.clears)})
    return delivery.normal(after)


def _refusal(after: RestaurantDetails, before: RestaurantDetails) -> Rejection | None:
    """Of what has changed: the rest may be older than today's rules."""
    refused = hours.refusal(after) if hours.of(after) != hours.of(before) else None
    return refused or (delivery.refusal(after) if delivery.of(after) != delivery.of(before) else None)


def _set_logo(command: SetLogo, house: House, context: Context) -> Decision[Event]:
    logo = path_of(command.photo_id)
    if house.opened is None or house.opened.details.logo == logo:
        return accept()
    return accept(RestaurantChanged(details=replace(house.opened.details, logo=logo), changed_at=context.now))


def _too_large(details: RestaurantDetails) -> Rejection | None:
    size = len(msgspec.json.encode(details))
    if size <= RESTAURANT_BYTES:
        return None
    return Rejection(
        "restaurant_too_large", f"a restaurant has at most {RESTAURANT_BYTES:,} bytes, this one has {size:,}"
    )


def claims(command: Command, restaurant_id: str, caller: str | None) -> Iterable[Seat]:
    """A place among the owner's restaurants."""
    return RESTAURANTS.of(caller) if isinstance(command, OpenRestaurant) and caller is not None else ()


def evolve(house: House, event: Event) -> House:
    match event:
        case RestaurantOpened():
            return House(opened=Opened(owner_id=event.owner_id, details=event.details, at=event.opened_at))
        case RestaurantChanged():
            changed = house.opened and replace(house.opened, details=event.details, changed_at=event.changed_at)
            return replace(house, opened=changed)
        case ModesChanged():
            return modes.changed(house, event)
        case ReviewGiven():
            return reviews.given(house, event)
        case ReviewErased():
            return reviews.erased(house)
        case RatingCounted():
            return reviews.counted(house, event)
        case SlotReserved() | SlotReleased():
            return slots.counted(house, event)
        case CampaignStarted():
            return campaigns.started(house, event)
        case FollowerAdded():
            return followers.added(house, event.user_id)
        case FollowerRemoved():
            return followers.removed(house, event.user_id)
        case CampaignBegan() | FollowerRefused() | Announced() | SlotFull() | SlotAsked():
            return house
        case _:
            assert_never(event)


def needs(command: Command, house: House) -> Iterable[tuple[str, str]]:
    if isinstance(command, GiveReview):
        yield DELIVERED.name, command.order_id


DECIDER = Decider[Command, Event, House, Facts](
    state=House,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(DELIVERED,),
    needs=needs,
    claims=claims,
    upcasts=(lira_before("opened.details.delivery_fee", "opened.details.min_order_price"),),
)
