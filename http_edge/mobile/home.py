"""GET /m/home: what a phone shows when it is opened, in one request."""

import asyncio
from collections.abc import Sequence

import msgspec

from http_edge.mobile.blocks import Block, facts_of, json_of, of_document, shows_own_writes, within_time
from http_edge.mobile.form import FORM
from http_edge.mobile.home_cards import (
    Address,
    Home,
    Line,
    Order,
    Profile,
    address_card,
    basket_card,
    campaign_card,
    order_card,
)
from http_edge.mobile.nearby import Where, listed, nearby
from http_edge.routing.asked import Asked, own
from http_edge.routing.composed import Composed, Document, Looked
from http_edge.routing.routes import CUSTOMER, ComposedRow, ViewOf
from http_edge.web.account.addresses import ADDRESS
from http_edge.web.account.favourites import FAVOURITES
from http_edge.web.account.user import USER
from http_edge.web.browse.campaigns import CAMPAIGNS, campaigns_of
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.web.order.orders import ORDER
from http_edge.web.order.own_basket import BASKET
from http_edge.wire.amounts import Documents
from http_edge.wire.problems import all_invalid
from stores.errors import Unavailable
from stores.listed import Slice, Span
from topics import keys
from topics.documents import account
from topics.documents.browse import Campaign
from topics.search_index import Point
from topics.values.faults import Fault, Invalid
from topics.values.fields import Latitude, Longitude

RESTAURANTS = 20
OF_FAVOURITES = 10  # of each kind, the latest
CAMPAIGNS_SHOWN = 5
CAMPAIGNS_LOOKED_AT = 20  # of those that end first: some have not begun
ORDERS_LOOKED_AT = 5  # of the latest: the newest one that runs is shown
RUNS_SECONDS = 24 * 60 * 60  # what was ordered before that is no running order, whatever became of it
LOOK_BYTES = 64 * 1024  # of the documents of one look at a list


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """Where the phone is, if it says so; else the default address counts."""

    lat: Latitude | None = None
    lon: Longitude | None = None


class _Book(msgspec.Struct, frozen=True):
    addresses: tuple[Address, ...] = ()


class _Basket(msgspec.Struct, frozen=True):
    items: tuple[Line, ...] = ()


_profile = msgspec.json.Decoder(Profile)
_book = msgspec.json.Decoder(_Book)
_favourites = msgspec.json.Decoder(account.Favourites)
_basket = msgspec.json.Decoder(_Basket)
_order = Documents(Order)


def _documents(asked: Asked) -> Sequence[tuple[ViewOf, str]]:
    me = own(asked)
    return [(USER, me), (ADDRESS, me), (FAVOURITES, me), (BASKET, me)]


async def _home(asked: Asked, looked: Looked) -> Composed:
    """Raises Problem 422 for half a point."""
    here, language = _here(asked.asks), asked.language
    profile, book, favourites, basket = looked.documents
    address = of_document("address", book, _default)
    found = await asyncio.gather(
        within_time("favourites", _of_favourites(asked, looked, favourites)),
        within_time("campaigns", _of_campaigns(asked, looked)),
        within_time("restaurants", nearby(asked, looked, _where(here, address), RESTAURANTS)),
        within_time("order", _of_order(asked, looked)),
    )
    made: dict[str, Block | None] = {
        "profile": of_document("profile", profile, lambda body: _profile.decode(body) if body else None),
        "address": address and Block(address.facts, address_card(address.value)),
        "favourites": found[0],
        "campaigns": found[1],
        "restaurants": found[2],
        "order": found[3],
        "basket": of_document("basket", basket, lambda body: basket_card(_lines(body), language)),
    }
    return Composed(facts_of(made), lambda: json_of(made))


def _here(said: Here) -> Point | None:
    """Raises Problem 422."""
    if said.lat is not None and said.lon is not None:
        return Point(said.lat, said.lon)
    if said.lat is None and said.lon is None:
        return None
    raise all_invalid(Invalid([Fault("lat" if said.lat is None else "lon", "lat and lon go together")]))


def _where(here: Point | None, block: Block | None) -> Where:
    """block: of the default address."""
    address: Address | None = block.value if block is not None else None
    if here is not None or address is None:
        return Where(here, "")
    if address.latitude is None or address.longitude is None:
        return Where(None, address.city)
    return Where(Point(address.latitude, address.longitude), address.city)


def _default(book: bytes) -> Address | None:
    return next((each for each in _book.decode(book).addresses if each.is_default), None) if book else None


def _lines(basket: bytes) -> tuple[Line, ...]:
    return _basket.decode(basket).items if basket else ()


async def _of_favourites(asked: Asked, looked: Looked, document: Document | None) -> Block:
    """Raises Unavailable."""
    if document is None or looked.generations[RESTAURANT.name] is None:
        raise Unavailable("redis", "a view is not ready")
    favourites = _favourites.decode(document.body) if document.body else account.Favourites()
    latest = [each.restaurant_id for each in favourites.restaurants[: -OF_FAVOURITES - 1 : -1]]
    restaurants = await listed(asked, latest, None)
    cuisines = [each.cuisine for each in favourites.cuisines[: -OF_FAVOURITES - 1 : -1]]
    return Block((document.fact, *restaurants.facts), {"restaurants": restaurants.value, "cuisines": cuisines})


async def _of_campaigns(asked: Asked, looked: Looked) -> Block:
    """Raises Unavailable."""
    now = asked.edge.clock()
    span = Span(keys.campaigns(None), CAMPAIGNS.name, lowest=now, entries=CAMPAIGNS_LOOKED_AT, size=LOOK_BYTES)
    found = await _slice(asked, looked, CAMPAIGNS, span)
    running, facts = list[Campaign](), list[str]()
    for member, value in zip(found.members, found.documents, strict=True):
        version, body = keys.split(value) if value else (0, b"")
        wanted = keys.name_of_part(member.decode())
        each = next((one for one in campaigns_of(body) if one.id == wanted), None) if body else None
        if each is not None and each.start_date.timestamp() <= now and len(running) < CAMPAIGNS_SHOWN:
            running.append(each)
            facts.append(f"{each.id}@{version}")
    return Block(facts, [campaign_card(each, asked.language) for each in running])


async def _of_order(asked: Asked, looked: Looked) -> Block:
    """The newest order of which something may still become. Raises Unavailable."""
    span = Span(
        keys.orders(asked.me), ORDER.name, lowest=asked.edge.clock() - RUNS_SECONDS, newest_first=True,
        entries=ORDERS_LOOKED_AT, size=LOOK_BYTES,
    )  # fmt: skip
    found = await _slice(asked, looked, ORDER, span)
    for member, value in zip(found.members, found.documents, strict=True):
        version, body = keys.split(value) if value else (0, b"")
        order = _order.decode(body) if body else None
        if order is not None and order.runs:
            return Block((f"{member.decode()}@{version}",), order_card(order, asked.language))
    return Block((), None)


async def _slice(asked: Asked, looked: Looked, view: ViewOf, span: Span) -> Slice:
    """Raises Unavailable, also where the view does not show what the caller wrote."""
    if not await shows_own_writes(asked, looked, (view,)):
        raise Unavailable("redis", "a view is not up to date")
    return await asked.edge.lists.read(span)


ROUTES = (
    ComposedRow(
        method="GET", path="/m/home", who=CUSTOMER, asks=Here, gives=Home, documents=_documents, compose=_home, form=FORM,
        beside=(RESTAURANT, MEAL, CAMPAIGNS, ORDER), speaks=True,
        says="What a phone shows when it is opened: profile, default address, favourites, campaigns that run, restaurants"
        " nearby, the running order, the basket's count. A block that cannot be read now is left out and named in `missing`.",
    ),
)  # fmt: skip
