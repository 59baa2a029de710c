"""What an owner is answered: the restaurant as guests see it at this moment."""

from datetime import datetime

from msgspec.structs import asdict

from agents.restaurant import hours
from agents.restaurant.house import Opened
from agents.restaurant.projection import restaurant
from topics.documents.browse import RestaurantNow


def now_shown(restaurant_id: str, opened: Opened, at: datetime) -> RestaurantNow:
    return RestaurantNow(**asdict(restaurant(restaurant_id, opened)), open_now=hours.is_open(opened, at))
