"""The caller's favourite restaurants and cuisines. A restaurant is shown as it is now, not as it was when it became one."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from http_edge.routing.asked import own
from http_edge.routing.routes import CUSTOMER, Join, Nothing, command, shown, view
from http_edge.web.browse.restaurants import RESTAURANT, restaurant_of_body
from topics.contracts.user_commands import TOPIC, FavourCuisine, FavourRestaurant, UnfavourCuisine, UnfavourRestaurant
from topics.documents import Done
from topics.documents.account import FavouriteCuisine, FavouriteRestaurant, Favourites
from topics.values.fields import OpenOrClosed

FAVOURITES = shown("favourites", "user")


class _Restaurant(msgspec.Struct):
    """What is shown of a restaurant here."""

    name: str
    logo: str
    cuisines: tuple[str, ...]
    status: OpenOrClosed


_favourites = msgspec.json.Decoder(Favourites)
_restaurant = msgspec.json.Decoder(_Restaurant)


def _restaurants(document: bytes) -> list[str]:
    return [each.restaurant_id for each in _favourites.decode(document).restaurants]


def _completed(document: bytes, restaurants: Mapping[str, bytes]) -> bytes:
    listed = _favourites.decode(document)
    completed = tuple(_now(each, restaurants.get(each.restaurant_id)) for each in listed.restaurants)
    return msgspec.json.encode(replace(listed, restaurants=completed))


def _now(favourite: FavouriteRestaurant, restaurant: bytes | None) -> FavouriteRestaurant:
    if not restaurant:
        return favourite
    now = _restaurant.decode(restaurant)
    return replace(favourite, name=now.name, logo=now.logo, cuisines=now.cuisines, status=now.status)


ROUTES = (
    view(
        "/favorites", FAVOURITES, key=own, who=CUSTOMER, gives=Favourites, absent=msgspec.json.encode(Favourites()),
        join=Join(view=RESTAURANT, names=_restaurants, merge=_completed),
        says="The caller's favourites, each kind in the order in which they were added.",
    ),
    command(
        "POST", "/favorites/restaurant", FavourRestaurant, to=TOPIC, key=own, who=CUSTOMER, success=201,
        gives=FavouriteRestaurant, has_seen=restaurant_of_body, answers={409: "too_many_favourites"},
        says="Make a restaurant a favourite. Once more changes nothing.",
    ),
    command(
        "DELETE", "/favorites/restaurant/{restaurant_id}", UnfavourRestaurant, to=TOPIC, takes=Nothing, key=own,
        who=CUSTOMER, gives=Done,
        says="A restaurant is no favourite any more.",
    ),
    command(
        "POST", "/favorites/cuisine", FavourCuisine, to=TOPIC, key=own, who=CUSTOMER, success=201,
        gives=FavouriteCuisine, answers={409: "too_many_favourites"},
        says="Make a cuisine a favourite. Once more, in any case and with or without accents, changes nothing.",
    ),
    command(
        "DELETE", "/favorites/cuisine/{cuisine}", UnfavourCuisine, to=TOPIC, takes=Nothing, key=own, who=CUSTOMER,
        gives=Done, texts=("cuisine",),
        says="A cuisine is no favourite any more, in whatever spelling it is named.",
    ),
)  # fmt: skip
