"""Meals of the catalog: everyone reads, the restaurant's owner writes."""

from collections.abc import Mapping

import msgspec

from http_edge.routing.abreast import MEAL_PAUSE
from http_edge.routing.asked import Asked, new, parameter
from http_edge.routing.pages import Pages
from http_edge.routing.routes import PUBLIC, RESTAURANT_OWNER, Join, Nothing, ViewOf, command, listing, shown, view
from http_edge.web.browse.restaurants import restaurant_of_body
from topics import keys
from topics.contracts.catalog_commands import TOPIC, AddMeal, ChangeMeal, RemoveMeal, SetAvailability
from topics.documents import Done
from topics.documents.browse import Meal

MEAL = shown("meal", "catalog")


class _GoesWith(msgspec.Struct, frozen=True):
    complementary_ids: tuple[str, ...] = ()


_goes_with = msgspec.json.Decoder(_GoesWith)


WHOLE_MENU = Pages(default=1_000, most=1_000)
"""Clients that know of no pages see every menu that anybody would read."""


def _menu(asked: Asked) -> tuple[str]:
    return (keys.menu(asked.parameters["restaurant_id"]),)


def meal_of_body(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`has_seen` of a row whose body names a meal."""
    return [(MEAL, asked.body.meal_id)]


def meal_of_path(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`has_seen` of a row whose path names a meal."""
    return [(MEAL, asked.parameters["meal_id"])]


def _complementary(document: bytes) -> tuple[str, ...]:
    return _goes_with.decode(document).complementary_ids


def _beside(document: bytes, meals: Mapping[str, bytes]) -> bytes:
    """Those that are gone are left out."""
    found = (meals.get(name, b"") for name in _complementary(document))
    return b"[" + b",".join(meal for meal in found if meal) + b"]"


ROUTES = (
    listing(
        "/meals/restaurant/{restaurant_id}", MEAL, indexes=_menu, pages=WHOLE_MENU, who=PUBLIC, gives=list[Meal],
        says="A restaurant's menu, in the order in which the meals were added.",
    ),
    view(
        "/meals/{id}/complementary", MEAL, key=parameter("id"), who=PUBLIC, gives=list[Meal],
        join=Join(view=MEAL, names=_complementary, merge=_beside),
        says="Meals that go well with one, in its order.",
    ),
    view("/meals/{id}", MEAL, key=parameter("id"), who=PUBLIC, gives=Meal, says="One meal."),
    command(
        "POST", "/meals/", AddMeal, to=TOPIC, key=new("meal"), who=RESTAURANT_OWNER, success=201, gives=Meal,
        has_seen=restaurant_of_body, answers={409: "menu_full", 422: "meal_too_large"},
        pause_factor=MEAL_PAUSE, says="Add a meal to the menu of one's restaurant.",
    ),
    command(
        "PUT", "/meals/{id}", ChangeMeal, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER, partial=True, gives=Meal,
        answers={422: "meal_too_large"},
        pause_factor=MEAL_PAUSE, says="Change a meal; what is absent stays.",
    ),
    command(
        "DELETE", "/meals/{id}", RemoveMeal, to=TOPIC, takes=Nothing, key=parameter("id"), who=RESTAURANT_OWNER,
        gives=Done, says="Take a meal off the menu for good.",
    ),
    command(
        "PATCH", "/meals/{id}/availability", SetAvailability, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER,
        gives=Meal,
        says="A meal is sold out, or back. `until` says when it comes back by itself: a time, a day, or `today` for as long as"
        " the restaurant's day lasts; or `minutes` says after how many. Without either its owner has to say so.",
    ),
)  # fmt: skip
