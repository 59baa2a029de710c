"""GET /m/home: what a phone shows when it is opened, in one request."""

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from http_edge.mobile import nearby, running_campaigns, running_order
from http_edge.mobile.blocks import (
    Block,
    dependencies_of,
    json_of,
    of_document,
    within_time,
    wrote_in,
)
from http_edge.mobile.code_version import CODE_VERSION
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
from http_edge.routing.composed import Composed, FirstLook
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
MOST_BYTES = 24 * 2**20  # of the keys that homes needed the last time, some KB each


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
    """Keys of the documents that the caller's home needed the last time."""
    return _needed.get(asked.me) or ()


async def _compose(asked: Asked, look: FirstLook) -> Composed:
    """Raises Problem 422 for half a point."""
    here, language = point(asked.asks), asked.language
    profile, book, favourites, basket = look.documents
    address, liked = of_document("address", book, _default), of_document("favourites", favourites, _liked)
    place = where(here, None if address is None else address.value)
    near, campaigns = nearby.remembered(asked, look, place), running_campaigns.remembered(look)
    if near is None or campaigns is None:
        near, campaigns = await asyncio.gather(
            nearby.find(asked, look, place, RESTAURANTS), running_campaigns.find(asked, look)
        )
    if look.generations[RESTAURANT.name] is None or (near is None and wrote_in(look, (RESTAURANT,))):
        liked = None  # the cards of favourites are made of the restaurants, which cannot be read now
    orders = await running_order.ids(asked, look)
    restaurants = [keys.document(RESTAURANT.name, each) for each in (*_latest(liked), *(near or ()))]
    order_places = map(running_order.place, orders or ())
    stored = await _read(asked, look, (*restaurants, *running_campaigns.places(campaigns or ()), *order_places))
    blocks: dict[str, Block | None] = {
        "profile": of_document("profile", profile, lambda body: _profile.decode(body) if body else None),
        "address": address and Block(address.depends_on, address_card(address.value)),
        "favourites": _favourites_block(asked, liked, stored),
        "campaigns": running_campaigns.block(asked, campaigns, stored),
        "restaurants": nearby.block(asked, near, stored, place.point),
        "order": running_order.block(asked, orders, stored),
        "basket": of_document("basket", basket, lambda body: basket_card(_lines(body), language)),
    }
    return Composed(dependencies_of(blocks), lambda: json_of(blocks), in_lira=True)


def _default(book: bytes) -> Address | None:
    return next((each for each in _book.decode(book).addresses if each.is_default), None) if book else None


def _lines(basket: bytes) -> tuple[Line, ...]:
    return _basket.decode(basket).items if basket else ()


def _liked(document: bytes) -> Favourites:
    return _favourites.decode(document) if document else Favourites()


def _latest(block: Block | None) -> list[str]:
    """Ids of the restaurants that are shown. block: of the favourites."""
    return [] if block is None else [each.restaurant_id for each in block.value.restaurants[: -OF_FAVOURITES - 1 : -1]]


async def _read(asked: Asked, look: FirstLook, wanted: Iterable[str]) -> Mapping[str, bytes | None] | None:
    """Key → value. What the first look has guessed is not read again, unless the caller wrote lately. None: they cannot be read
    now."""
    places = tuple(dict.fromkeys(wanted))
    if places != _needed.get(asked.me):
        _needed.keep(asked.me, places, sum(map(sys.getsizeof, places)))
    guessed = {} if wrote_in(look, (RESTAURANT, CAMPAIGNS, ORDER)) else look.guessed
    missing = [each for each in places if each not in guessed]
    if not missing:
        return guessed
    found = await within_time("documents", asked.edge.reads.get(missing))
    return None if found is None else {**guessed, **dict(zip(missing, found, strict=True))}


def _favourites_block(asked: Asked, liked: Block | None, stored: Mapping[str, bytes | None] | None) -> Block | None:
    restaurants = nearby.block(asked, _latest(liked), stored, None)
    if liked is None or restaurants is None:
        return None
    cuisines = [each.cuisine for each in liked.value.cuisines[: -OF_FAVOURITES - 1 : -1]]
    return Block((*liked.depends_on, *restaurants.depends_on), {"restaurants": restaurants.value, "cuisines": cuisines})


ROUTES = (
    ComposedRow(
        method="GET", path="/m/home", who=CUSTOMER, asks=Here, gives=Home, documents=_documents, guesses=_guesses,
        newest=running_order.newest, compose=_compose, code_version=CODE_VERSION,
        beside=(RESTAURANT, MEAL, CAMPAIGNS, ORDER), speaks=True,
        says="What a phone shows when it is opened: profile, default address, favourites, campaigns that run, restaurants"
        " nearby, the running order, the basket's count. A block that cannot be read now is left out and named in `missing`.",
    ),
)  # fmt: skip
