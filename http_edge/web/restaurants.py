"""Restaurants: everyone reads, the owner writes."""

from http_edge.asked import Asked, new, parameter
from http_edge.routes import CUSTOMER, PUBLIC, RESTAURANT_OWNER, command, shown, view
from topics.documents import Restaurant
from topics.restaurant_commands import TOPIC, ChangeRestaurant, OpenRestaurant

RESTAURANT = shown("restaurant", "restaurant")


def _all(asked: Asked) -> str:
    return "restaurants"


ROUTES = (
    view("/restaurants", RESTAURANT, index=_all, who=PUBLIC, gives=list[Restaurant], says="All restaurants."),
    view("/restaurants/{id}", RESTAURANT, key=parameter("id"), who=PUBLIC, gives=Restaurant, says="One restaurant."),
    command(
        "POST", "/restaurants", OpenRestaurant, to=TOPIC, key=new("restaurant"), who=CUSTOMER, success=201,
        gives=Restaurant, says="Open a restaurant; the caller owns it.",
    ),
    command(
        "PUT", "/restaurants/{id}", ChangeRestaurant, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER,
        gives=Restaurant, says="Change a restaurant; what is absent stays.",
    ),
)  # fmt: skip
