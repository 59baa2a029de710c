"""Users who favour a restaurant become its followers; a campaign is told to each of them when it begins. A review is counted by
its restaurant, and loses its comment when its order is erased. An order learns whether it has its slot."""

from collections.abc import Iterable

from agents.restaurant import followers
from agents.restaurant.house import House
from topics import keys
from topics.contracts import notification, order_commands, order_events, restaurant_commands, user_events
from topics.contracts.email_event import DiscountMail, DiscountVariables
from topics.contracts.order_commands import ConfirmSlot, RefuseSlot, TellOutcome
from topics.contracts.order_events import OrderErased
from topics.contracts.restaurant_commands import Announce, CountRating, EraseReview, Follow, Unfollow
from topics.contracts.restaurant_events import (
    Announced,
    CampaignBegan,
    CampaignStarted,
    Event,
    ReviewGiven,
    SlotAsked,
    SlotFull,
    SlotReserved,
)
from topics.contracts.user_events import PersonErased, PreferencesChanged, RestaurantFavoured, RestaurantUnfavoured
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta


def translate(message: user_events.Event, origin: Origin) -> Iterable[Send]:
    """A user's events come in order, and all that concern one restaurant go to one page: so do the commands."""
    user_id = origin.aggregate_id
    if user_id is None:
        return
    match message:
        case RestaurantFavoured():
            if message.wants_campaigns:
                yield _send(message.restaurant_id, user_id, wants=True)
        case RestaurantUnfavoured():
            yield _send(message.restaurant_id, user_id, wants=False)
        case PreferencesChanged():
            for restaurant_id in message.favoured:
                yield _send(restaurant_id, user_id, wants=message.preferences.wants_campaigns)
        case PersonErased():
            for restaurant_id in message.favoured:
                yield _send(restaurant_id, user_id, wants=False)
        case _:
            return


def erase_review(message: order_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, OrderErased) and origin.aggregate_id is not None:
        yield Send(restaurant_commands.TOPIC, keys.review(origin.aggregate_id), EraseReview())


def _send(restaurant_id: str, user_id: str, *, wants: bool) -> Send:
    command = Follow(user_id=user_id) if wants else Unfollow(user_id=user_id)
    page = followers.page(restaurant_id, user_id)
    return Send(restaurant_commands.TOPIC, page, command, suffix=f" {restaurant_id}")


def react(event: Event, meta: EventMeta, house: House) -> Iterable[Send]:
    """Ids derive from the cause, the page and the user: whatever happens twice is told once."""
    match event:
        case CampaignStarted() if event.campaign.start_date > meta.at:
            return  # CampaignBegan comes at its time
        case CampaignStarted() | CampaignBegan():
            announce = Announce(campaign=event.campaign, restaurant_name=event.restaurant_name)
            for page in followers.pages(meta.aggregate_id):
                yield Send(restaurant_commands.TOPIC, page, announce, suffix=f" {page}")
        case ReviewGiven():
            yield Send(restaurant_commands.TOPIC, event.restaurant_id, CountRating(rating=event.rating))
        case SlotReserved():
            yield Send(order_commands.TOPIC, event.order_id, ConfirmSlot(), answers=True)
        case SlotFull():
            yield Send(order_commands.TOPIC, event.order_id, RefuseSlot(), answers=True)
        case SlotAsked():
            yield Send(order_commands.TOPIC, event.order_id, TellOutcome(user_id=event.user_id), answers=True)
        case Announced():
            yield from _notifications(event)
            last = event.user_ids[-1]
            if followers.after(house, last):
                rest = Announce(campaign=event.campaign, restaurant_name=event.restaurant_name, after=last)
                yield Send(restaurant_commands.TOPIC, meta.aggregate_id, rest)
        case _:
            return


def _notifications(event: Announced) -> Iterable[Send]:
    said = DiscountVariables(title=event.campaign.title, description=event.campaign.description)
    subject = f"{event.restaurant_name}: {event.campaign.title}"
    for user_id in event.user_ids:
        mail = DiscountMail(to=user_id, variables=said, subject=subject, template="discount")
        yield Send(notification.TOPIC, user_id, mail, suffix=f" {user_id}")
