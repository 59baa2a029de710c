"""Every list in every answer of every route, and what bounds it: the tables of docs/lists.md.

`.venv/bin/python -m tests.docs.lists` prints them, with `--write` it puts them into that page.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import inspect

from agents.address import decider as addresses
from agents.auth.account import MAX_SESSIONS
from agents.basket.limits import MAX_LINES
from agents.order.projection import MOST_MOMENTS
from agents.user import favourites
from http_edge import mobile
from http_edge.about import system
from http_edge.about.health import Readiness, ready_keys
from http_edge.about.metrics import Metrics
from http_edge.commands.operations import Operation
from http_edge.mobile import home, running_campaigns
from http_edge.mobile.basket_page import BasketPage
from http_edge.mobile.cards import CUISINES as ON_A_CARD
from http_edge.mobile.cards import RestaurantCard
from http_edge.mobile.home_cards import BlockName, FavouriteCards, Home
from http_edge.mobile.orders import OrderPage
from http_edge.mobile.restaurant import RestaurantPage
from http_edge.routing.routes import AnyRow, CommandRow
from http_edge.web import ROUTES
from http_edge.web.account.auth import JsonWebKeys
from http_edge.web.account.export import Export
from http_edge.web.browse.menu_csv import MOST_IGNORED
from http_edge.web.order.board import BoardOrder
from http_edge.wire.connections import Bounds, Connections
from http_edge.wire.problems import ProblemBody
from stores.logs.lines import Lines
from topics.contracts import catalog_commands
from topics.contracts.restaurant_commands import Cuisines
from topics.deciding.choosing import MOST_CHOICES, MealOption
from topics.documents.account import AddressBook, FavouriteRestaurant, Favourites
from topics.documents.anonymous import AnonymousBasket, MergeReport
from topics.documents.browse import Meal, RestaurantFound, RestaurantNow, RestaurantsFound
from topics.documents.menu import MOST_PROBLEMS, MenuImport
from topics.documents.order import Basket, Order, Reordered
from topics.values.faults import MOST_FAULTS
from topics.values.fields import DaysOff


class Bound(NamedTuple):
    """default: items without a `limit`; most: items at most. by: what sees to it."""

    default: int | str
    most: int
    by: str


def _whole(most: int, by: str) -> Bound:
    return Bound("all", most, by)


def _most(kind: Any) -> int:
    """The longest list that a type allows."""
    info = inspect.type_info(kind)
    if isinstance(info, inspect.Metadata):  # it has `extra`, as topics.values.validation reads it
        info = info.type
    assert isinstance(info, inspect.ListType | inspect.VarTupleType) and info.max_length is not None
    return info.max_length


LINES = _whole(MAX_LINES, "lines of a basket")
DAYS_OFF = _whole(_most(DaysOff), "days off of a restaurant")
VIEWS = len(ready_keys(ROUTES))
COMMANDS = len({row.topic.name for row in ROUTES if isinstance(row, CommandRow)})
PARTS = len([name for name, kind in get_type_hints(Readiness).items() if kind is bool and name != "ready"])
CUISINES = _whole(_most(Cuisines), "cuisines of a restaurant")

OF_ROUTES = {
    "GET /auth/sessions": _whole(MAX_SESSIONS, "sessions of an account: the oldest one ends"),
    "GET /addresses/": _whole(addresses.MOST, "addresses in a book"),
    "GET /carts/get": LINES,
    "GET /meals/{id}/complementary": _whole(_most(catalog_commands.MealIds), "meals that go with one"),
    "GET /orders/{id}/timeline": _whole(MOST_MOMENTS, "an order is delayed and brought back so often at most"),
    "GET /health/live": _whole(1, "the code"),
}
"""Lists that are given whole: they stand in one document, which its domain keeps small."""

OF_FIELDS = {
    (RestaurantsFound, "restaurants"): Bound(20, 100, "`page_size`, and `page` for the others"),
    (Favourites, "restaurants"): _whole(favourites.MOST, "favourites of each kind"),
    (Favourites, "cuisines"): _whole(favourites.MOST, "favourites of each kind"),
    (FavouriteRestaurant, "cuisines"): CUISINES,
    (AddressBook, "addresses"): _whole(addresses.MOST, "addresses in a book"),
    (Basket, "items"): LINES,
    (AnonymousBasket, "items"): LINES,
    (MergeReport, "conflicts"): LINES,
    (Order, "items"): LINES,
    (Order, "changes"): LINES,
    (BoardOrder, "items"): LINES,
    (Reordered, "items"): LINES,
    (Reordered, "unavailable"): LINES,
    (Meal, "complementary_ids"): _whole(_most(catalog_commands.MealIds), "meals that go with one"),
    (Meal, "options"): _whole(_most(catalog_commands.Options), "options of a meal"),
    (MealOption, "prices"): _whole(MOST_CHOICES, "choices of an option"),
    (Meal, "allergens"): _whole(_most(catalog_commands.Allergens), "allergens that there are"),
    (Meal, "diets"): _whole(_most(catalog_commands.Diets), "diets that there are"),
    (MenuImport, "problems"): _whole(MOST_PROBLEMS, "the first faults of a file"),
    (MenuImport, "ignored"): _whole(MOST_IGNORED, "the first columns that mean nothing"),
    **{(kind, "cuisines"): CUISINES for kind in (RestaurantNow, RestaurantFound)},
    (Home, "missing"): _whole(len(get_args(BlockName)), "blocks of a home"),
    (Home, "campaigns"): _whole(running_campaigns.SHOWN, "what a home shows"),
    (Home, "restaurants"): _whole(home.RESTAURANTS, "what a home shows"),
    (FavouriteCards, "restaurants"): _whole(home.OF_FAVOURITES, "what a home shows"),
    (FavouriteCards, "cuisines"): _whole(home.OF_FAVOURITES, "what a home shows"),
    (RestaurantCard, "cuisines"): _whole(ON_A_CARD, "the first ones fit on a card"),
    (RestaurantPage, "cuisines"): CUISINES,
    (RestaurantPage, "missing"): _whole(1, "blocks of a restaurant"),
    (BasketPage, "items"): LINES,
    (BasketPage, "missing"): _whole(1, "blocks of a basket"),
    (OrderPage, "items"): LINES,
    **{(kind, "days_off"): DAYS_OFF for kind in (RestaurantNow, RestaurantFound)},
    (JsonWebKeys, "keys"): _whole(1, "the key of the deployment"),
    (Readiness, "views"): _whole(VIEWS, "views that the routes read"),
    (Readiness, "silent"): _whole(COMMANDS, "topics of commands"),
    (Readiness, "lacks"): _whole(PARTS + VIEWS + COMMANDS, "parts, views and topics of commands"),
    (Operation, "more"): _whole(MAX_LINES, "what a refusal names, at most each line of a basket"),
    (ProblemBody, "errors"): _whole(MOST_FAULTS, "faults that one refusal lists"),
}


PAGED = {Export: "orders", RestaurantPage: "menu"}
"""Which list of an answer has pages, where that is not the answer itself."""

PAGE = Path(__file__).resolve().parents[2] / "docs" / "lists.md"
HEADING = "## Lists of routes\n\n"

ANSWERS_OF_OTHERS = {(Operation, "result"), (Operation, "more")}
"""What a command was answered: its own route names the lists in that."""


class Found(NamedTuple):
    """A list in an answer. place: path in it, empty for the answer itself. of, field: where it is declared."""

    place: str
    of: type[msgspec.Struct] | None
    field: str
    most: int | None


def all_rows() -> tuple[AnyRow, ...]:
    rows = system.rows("Lezzet", ROUTES, Metrics("docs", Connections(Bounds(), time.monotonic), Lines()))
    return (*rows, *mobile.ROUTES)


def lists_of(row: AnyRow) -> list[Found]:
    """In its answers, and in its errors."""
    given = get_args(row.gives) if isinstance(row.gives, UnionType) else (row.gives,)
    kinds = (*given, *((Operation,) if isinstance(row, CommandRow) else ()), ProblemBody)
    return [each for kind in kinds if kind is not None for each in _within(inspect.type_info(kind), "", None, "")]


def _within(info: inspect.Type, place: str, of: type[msgspec.Struct] | None, field: str) -> Iterator[Found]:
    match info:
        case inspect.Metadata():
            yield from _within(info.type, place, of, field)
        case inspect.UnionType():
            for each in info.types:
                yield from _within(each, place, of, field)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            yield Found(place, of, field, info.max_length)
            yield from _within(info.item_type, f"{place}[]", of, field)
        case inspect.DictType():
            known = info.key_type
            most = len(known.values) if isinstance(known, inspect.LiteralType) else info.max_length
            yield Found(place, of, field, most)
            yield from _within(info.value_type, f"{place}{{}}", of, field)
        case inspect.StructType():
            for each in info.fields:
                inner = f"{place}.{each.encode_name}" if place else each.encode_name
                yield from _within(each.type, inner, info.cls, each.name)
        case inspect.AnyType() if (of, field) not in ANSWERS_OF_OTHERS:
            raise AssertionError(f"nobody can tell what {place or 'the answer'} holds")
        case _:
            pass


def bound(row: AnyRow, found: Found) -> Bound | None:
    """None: nobody has said what bounds it."""
    paged = (None, "") if row.gives not in PAGED else (row.gives, PAGED[row.gives])
    if row.pages is not None and (found.of, found.place) == paged:
        return Bound(row.pages.default, row.pages.most, "`limit`, and `cursor` for the others")
    if found.of is None:
        return OF_ROUTES.get(row.name)
    if found.most is not None:
        return _whole(found.most, "its type")
    return OF_FIELDS.get((found.of, found.field))


def tables() -> str:
    routes, fields = list[str](), set[str]()
    for row in all_rows():
        for found in lists_of(row):
            said = bound(row, found)
            assert said is not None, f"what bounds `{found.place}` of {row.name}?"
            cells = f"{said.default} | {said.most} | {said.by} |"
            if found.of is None or said.by.startswith("`"):
                of = f" `{found.place}`" if found.place else ""
                routes.append(f"| `{row.name}`{of} | {cells}")
            else:
                fields.add(f"| `{found.of.__name__}.{found.field}` | {said.most} | {said.by} |")
    head = "| list | default | at most | bounded by |\n|---|---|---|---|\n"
    inner = "| list | at most | bounded by |\n|---|---|---|\n"
    return f"{head}{chr(10).join(sorted(routes))}\n\n## Within documents\n\n{inner}{chr(10).join(sorted(fields))}\n"


def main(arguments: Sequence[str]) -> None:
    said, _ = PAGE.read_text().split(HEADING)
    if arguments == ["--write"]:
        PAGE.write_text(said + HEADING + tables())
    else:
        sys.stdout.write(tables())


if __name__ == "__main__":
    main(sys.argv[1:])
