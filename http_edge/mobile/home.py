"""GET /m/home: what a phone shows when it is opened, in one request."""

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from http_edge.mobile import current_order, nearby, running
from http_edge.mobile.blocks import (
    Block,
    facts_of,
    json_of,
    of_document,
    within_time,
    wrote_in,
)
from http_edge.mobile.form import FORM
from http_edge.mobile.home_cards import (
    Address,
    Home,
    Line,
    Profile,
    address_card,
    basket_card,
)
from http_edge.mobile.where import Here, point, where
from http_edge.routing.asked import Asked, own
from http_edge.routing.composed import Composed, Looked
from http_edge.routing.routes import CUSTOMER, ComposedRow, ViewOf
from http_edge.web.account.addresses import ADDRESS
from http_edge.web.account.favourites import FAVOURITES
from http_edge.web.account.user import USER
from http_edge.web.browse.campaigns import CAMPAIGNS
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order.orders import ORDER
from http_edge.web.order.own_basket import BASKET
from http_edge.wire.remembered import Remembered
from topics import keys
from topics.documents.account import Favourites

RESTAURANTS = 20
OF_FAVOURITES = 10  # of each kind, the latest
MOST_BYTES = 24 * 2**20  # of the places that homes needed the last time, some KB each


class _Book(msgspec.Struct, frozen=True):
    addresses: tuple[Address, ...] = ()


class _Basket(msgspec.Struct, frozen=True):
    items: tuple[Line, ...] = ()


_profile = msgspec.json.Decoder(Profile)
_book = msgspec.json.Decoder(_Book)
_favourites = msgspec.json.Decoder(Favourites)
_basket = msgspec.json.Decoder(_Basket)
_needed: Remembered[str, tuple[str, ...]] = Remembered(MOST_BYTES)


def _documents(asked: Asked) -> Sequence[tuple[ViewOf, str]]:
    me = own(asked)
    return [(USER, me), (ADDRESS, me), (FAVOURITES, me), (BASKET, me)]


def _guesses(asked: Asked) -> Sequence[str]:
    """What the caller's home needed the last time."""
    return _needed.get(asked.me) or ()


async def _home(asked: Asked, looked: Looked) -> Composed:
    """Raises Problem 422 for half a point."""
    here, language = point(asked.asks), asked.language
    profile, book, favourites, basket = looked.documents
    address, liked = of_document("address", book, _default), of_document("favourites", favourites, _liked)
    place = where(here, None if address is None else address.value)
    near, campaigns = nearby.known(asked, looked, place), running.known(looked)
    if near is None or campaigns is None:
        near, campaigns = await asyncio.gather(
            nearby.find(asked, looked, place, RESTAURANTS), running.find(asked, looked)
        )
    if looked.generations[RESTAURANT.name] is None or (near is None and wrote_in(looked, (RESTAURANT,))):
        liked = None  # favourites are shown as their restaurants are now
    orders = await current_order.ids(asked, looked)
    shown = [keys.document(RESTAURANT.name, each) for each in (*_latest(liked), *(near or ()))]
    ordered = map(current_order.place, orders or ())
    stored = await _read(asked, looked, (*shown, *running.places(campaigns or ()), *ordered))
    blocks: dict[str, Block | None] = {
        "profile": of_document("profile", profile, lambda body: _profile.decode(body) if body else None),
        "address": address and Block(address.facts, address_card(address.value)),
        "favourites": _favourites_block(asked, liked, stored),
        "campaigns": running.listed(asked, campaigns, stored),
        "restaurants": nearby.listed(asked, near, stored, place.point),
        "order": current_order.block(asked, orders, stored),
        "basket": of_document("basket", basket, lambda body: basket_card(_lines(body), language)),
    }
    return Composed(facts_of(blocks), lambda: json_of(blocks), in_lira=True)


def _default(book: bytes) -> Address | None:
    return next((each for each in _book.decode(book).addresses if each.is_default), None) if book else None


def _lines(basket: bytes) -> tuple[Line, ...]:
    return _basket.decode(basket).items if basket else ()


def _liked(document: bytes) -> Favourites:
    return _favourites.decode(document) if document else Favourites()


def _latest(block: Block | None) -> list[str]:
    """Ids of the restaurants that are shown. block: of the favourites."""
    return [] if block is None else [each.restaurant_id for each in block.value.restaurants[: -OF_FAVOURITES - 1 : -1]]


async def _read(asked: Asked, looked: Looked, wanted: Iterable[str]) -> Mapping[str, bytes | None] | None:
    """The documents by their places: those that were guessed, and the others. None: they cannot be read now."""
    places = tuple(dict.fromkeys(wanted))
    if places != _needed.get(asked.me):
        _needed.keep(asked.me, places, sum(map(sys.getsizeof, places)))
    guessed = {} if wrote_in(looked, (RESTAURANT, CAMPAIGNS, ORDER)) else looked.guessed
    missing = [each for each in places if each not in guessed]
    if not missing:
        return guessed
    found = await within_time("documents", asked.edge.reads.get(missing))
    return None if found is None else {**guessed, **dict(zip(missing, found, strict=True))}


def _favourites_block(asked: Asked, liked: Block | None, stored: Mapping[str, bytes | None] | None) -> Block | None:
    restaurants = nearby.listed(asked, _latest(liked), stored, None)
    if liked is None or restaurants is None:
        return None
    cuisines = [each.cuisine for each in liked.value.cuisines[: -OF_FAVOURITES - 1 : -1]]
    return Block((*liked.facts, *restaurants.facts), {"restaurants": restaurants.value, "cuisines": cuisines})


ROUTES = (
    ComposedRow(
        method="GET", path="/m/home", who=CUSTOMER, asks=Here, gives=Home, documents=_documents, guesses=_guesses,
        newest=current_order.newest, compose=_home, form=FORM, beside=(RESTAURANT, MEAL, CAMPAIGNS, ORDER), speaks=True,
        says="What a phone shows when it is opened: profile, default address, favourites, campaigns that run, restaurants"
        " nearby, the running order, the basket's count. A block that cannot be read now is left out and named in `missing`.",
    ),
)  # fmt: skip
