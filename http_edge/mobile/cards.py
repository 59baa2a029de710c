"""Restaurants as a phone lists them: what fits on a card, and the texts beside the numbers.

Lists show the same documents again and again. So the card of a document is remembered within a minute: its texts say for how
long the restaurant is open, in minutes.
"""

import msgspec

from http_edge.mobile import texts
from http_edge.mobile.opening import opening
from http_edge.wire.amounts import Documents, lira_of
from http_edge.wire.preferences import Language
from http_edge.wire.remembered import Remembered
from topics.search_index import Point
from topics.values.kurus import Kurus

CUISINES = 3  # of a card
NAME, CUISINE = 240, 120  # bytes of a name, and of a cuisine, on a card; what is longer is cut
LOGO_LENGTH = 300  # characters of a URL; a longer one is left out of a card
MOST_BYTES = 24 * 2**20  # of the documents whose cards are remembered, some KB each


class RestaurantCard(msgspec.Struct, frozen=True, kw_only=True):
    """A restaurant in a list. cuisines: the first ones. prep_time: minutes. distance_km: there where it is known how far the
    restaurant is from the caller."""

    id: str
    name: str
    logo: str
    cuisines: tuple[str, ...]
    rating_avg: float
    rating_count: int
    rating_text: str
    prep_time: int
    prep_time_text: str
    delivery_fee: Kurus
    delivery_fee_text: str
    min_order_price: Kurus
    min_order_text: str
    open_now: bool
    opening_text: str
    distance_km: float | msgspec.UnsetType = msgspec.UNSET
    distance_text: str | msgspec.UnsetType = msgspec.UNSET


class Card(msgspec.Struct, frozen=True):
    """A card without the distance. json: of a RestaurantCard, with amounts in lira. minute: since the epoch, for which its
    texts are right."""

    json: bytes
    opening_text: str
    place: Point | None
    minute: int


class _Coordinates(msgspec.Struct, frozen=True):
    latitude: float | None = None
    longitude: float | None = None


class _Restaurant(msgspec.Struct, frozen=True):
    """What is shown of a restaurant here."""

    id: str
    name: str
    address: _Coordinates = _Coordinates()
    logo: str = ""
    cuisines: tuple[str, ...] = ()
    rating_avg: float = 0
    rating_count: int = 0
    prep_time: int = 0
    delivery_fee: Kurus = 0
    min_order_price: Kurus = 0


_restaurant = Documents(_Restaurant)
_lira = lira_of(RestaurantCard)
_known: Remembered[tuple[bytes, Language], Card] = Remembered(MOST_BYTES)


def card(document: bytes, at: float, language: Language) -> Card:
    """document: JSON of a restaurant. at: seconds since the epoch."""
    minute = int(at // 60)
    key: tuple[bytes, Language] = document, language
    known = _known.get(key)
    if known is None or known.minute != minute:
        known = _card(document, at, language)
        _known.keep(key, known, len(document) + len(known.json) + 2 * len(known.opening_text))
    return known


def with_distance(card: Card, far: float, language: Language) -> bytes:
    """JSON of a RestaurantCard. far: kilometres."""
    text = texts.distance(far, language).encode()
    return b'%b,"distance_km":%.3f,"distance_text":"%b"}' % (card.json[:-1], far, text)


def _card(document: bytes, at: float, language: Language) -> Card:
    said, now = _restaurant.decode(document), opening(document, at, language)
    made = RestaurantCard(
        id=said.id,
        name=texts.cut(said.name, NAME),
        logo=said.logo if len(said.logo) <= LOGO_LENGTH else "",
        cuisines=tuple(texts.cut(each, CUISINE) for each in said.cuisines[:CUISINES]),
        rating_avg=said.rating_avg,
        rating_count=said.rating_count,
        rating_text=texts.rating(said.rating_avg, said.rating_count, language),
        prep_time=said.prep_time,
        prep_time_text=texts.minutes(said.prep_time, language),
        delivery_fee=said.delivery_fee,
        delivery_fee_text=texts.fee(said.delivery_fee, language),
        min_order_price=said.min_order_price,
        min_order_text=texts.minimum(said.min_order_price, language),
        open_now=now.open_now,
        opening_text=now.text,
    )
    latitude, longitude = said.address.latitude, said.address.longitude
    place = None if latitude is None or longitude is None else Point(latitude, longitude)
    return Card(_lira(msgspec.json.encode(made)), now.text, place, int(at // 60))
