"""News of an order as a letter to its customer, or to the owner of its restaurant."""

from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from agents.notification.facts import Facts
from topics.contracts.email_event import ALREADY_REGISTERED
from topics.contracts.notification_events import CustomerNews, Letter, OrderNews, OwnerNews
from topics.contracts.user_events import Preferences
from topics.copies import RestaurantCopy
from topics.values.kurus import lira

CONFIRMATION = "order_confirmation"
OTHERS_NEWS = "order_news"
"""Template of news that other systems have worded."""

OF_CUSTOMERS = frozenset((CONFIRMATION, OTHERS_NEWS, *get_args(CustomerNews)))
OF_OWNERS = frozenset(get_args(OwnerNews))
"""Names of templates."""
_OF_ACCOUNTS = frozenset(("verification", "password_reset", ALREADY_REGISTERED))

_NOWHERE = RestaurantCopy(name="", is_open=False, delivery_fee=0, min_order_price=0)


def letter(news: OrderNews, facts: Facts, now: datetime) -> Letter:
    """The same variables for all news, so that each language says of them what it needs. A restaurant that is not known yet has
    no name, and is taken for one in Turkey."""
    restaurant = facts.restaurants.get(news.restaurant_id, _NOWHERE)
    variables = {
        "order_id": news.order_id,
        "restaurant_id": news.restaurant_id,
        "restaurant_name": restaurant.name,
        "reason": news.reason,
        "time": "" if news.at is None else _clock(news.at, now, restaurant.time_zone),
        "minutes": "" if news.minutes is None else str(news.minutes),
        "amount": "" if news.amount is None else lira(news.amount),
        "items": ", ".join(news.items),
    }
    return Letter(template=news.about, variables=variables)


def _clock(at: datetime, now: datetime, zone: str) -> str:
    """The time of day; with its date where that is another one than today's."""
    there, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    return f"{there:%H:%M}" if there.date() == today.date() else f"{there:%d.%m.%Y %H:%M}"


def are_wanted(template: str, preferences: Preferences) -> bool:
    """Whether a user wants to be told, by whatever way."""
    if template in OF_CUSTOMERS:
        return preferences.order_updates
    if template in OF_OWNERS:
        return preferences.restaurant_orders
    return template != "discount" or preferences.campaigns


def may_be_mailed(template: str, preferences: Preferences) -> bool:
    """Mails about the account go out in any case."""
    return template in _OF_ACCOUNTS or preferences.email
