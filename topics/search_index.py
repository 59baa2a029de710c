"""The names by which restaurants are found: projections write under them, the edge searches for them.

A trait is something that a restaurant has or has not: a city, a cuisine, a word on its menu, that it is open in a certain
half hour of the week. Redis keeps a bitmap for each trait, with one bit a restaurant (stores/redis/traits.py). Numbers are
traits too, one for each binary digit, so that "at most 29.90" is arithmetic over bitmaps (stores/redis/search_script.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, cos, floor, radians, sin
from typing import NamedTuple

from topics.deciding.projection import Traits
from topics.documents.browse import Meal, Restaurant
from topics.values.folding import fold, words
from topics.values.opening_hours import DAY_MINUTES, EVERY_DAY, WEEK_MINUTES, minute_of_week, wall_time, week

ALL = "all"
ALWAYS = "always"
ZONE = "zone:"
CELLS = (9, 11, 13)
"""Binary digits of each coordinate in the numbers of cells: squares of some 40 km, of 10 km and of 2.5 km in them."""
DIETS = {
    "vegetarian": "vejetaryen vegetarian",
    "vegan": "vegan",
    "gluten_free": "glutensiz gluten-free",
    "lactose_free": "laktozsuz lactose-free",
    "halal": "helal halal",
    "kosher": "koşer kosher",
    "organic": "organik organic",
}
"""Diet → the words by which people look for it."""
_HALF_HOUR = 30


class Column(NamedTuple):
    """A number of restaurants, kept as a whole number of `digits` binary digits: value * scale."""

    name: str
    digits: int
    scale: int

    def at_most(self, value: float) -> "Bound":
        return Bound(self, floor(value * self.scale + 1e-6), least=False)

    def at_least(self, value: float) -> "Bound":
        return Bound(self, ceil(value * self.scale - 1e-6), least=True)

    def digits_of(self, value: float) -> Iterator[str]:
        whole = max(0, min(round(value * self.scale), 2**self.digits - 1))
        return (f"{self.name}:{digit}" for digit in range(self.digits) if whole >> digit & 1)


RATING = Column("rating", 13, 1000)
DELIVERY_FEE = Column("delivery_fee", 27, 1)
MIN_ORDER = Column("min_order", 27, 1)
PREP_TIME = Column("prep_time", 11, 1)


class Bound(NamedTuple):
    """A limit on a column, in its whole numbers. least: values from it on, else up to it."""

    column: Column
    limit: int
    least: bool


class Point(NamedTuple):
    latitude: float
    longitude: float

    def vector(self) -> tuple[float, float, float]:
        """From the middle of the earth, of length 1. Who is nearer on the ground is nearer in a straight line, too."""
        up, along = radians(self.latitude), radians(self.longitude)
        return cos(up) * cos(along), cos(up) * sin(along), sin(up)


class Unless(NamedTuple):
    """Has `trait`, and has not `other`."""

    trait: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A search. any_of: at least one of each group. beginnings: of names of traits, at least one trait for each.
    first: those with one of these come before the others, on all pages.

    order: one of the columns' names, or `distance` from `near`. offset, count: the page.
    """

    any_of: tuple[tuple[str | Unless, ...], ...] = ()
    beginnings: tuple[str, ...] = ()
    first: tuple[str | Unless, ...] = ()
    bounds: tuple[Bound, ...] = ()
    order: str = RATING.name
    descending: bool = True
    near: Point | None = None
    offset: int = 0
    count: int = 20


class Found(NamedTuple):
    """total: of all pages. ids: of the page, in order."""

    total: int
    ids: list[str]


def restaurant_traits(document: Restaurant) -> Traits:
    """Words are shared with the meals of the restaurant."""
    own = {
        ALL,
        city(document.address.city),
        district(document.address.district),
        *map(cuisine, document.cuisines),
        *RATING.digits_of(document.rating_avg),
        *DELIVERY_FEE.digits_of(document.delivery_fee),
        *MIN_ORDER.digits_of(document.min_order_price),
        *PREP_TIME.digits_of(document.prep_time),
    }
    if document.status == "open" and document.pause is None:
        own.update(_openings(document))
    texts = (document.name, *document.cuisines)
    place = place_of(document)
    if place is not None:
        own.update(cell(place, digits) for digits in CELLS)
    return Traits(of=document.id, own=frozenset(own), shared=frozenset(_words(texts)), place=place)


def meal_traits(document: Meal) -> Traits:
    """A meal that is on sale gives its words to its restaurant: those of its name and of the diets that it is for."""
    texts = (document.name, *(DIETS[diet] for diet in document.diets if diet in DIETS))
    return Traits(of=document.restaurant_id, shared=frozenset(_words(texts if document.is_available else ())))


def restaurant_indexes(document: Restaurant) -> Mapping[str, float]:
    """In which restaurants are listed; those without coordinates stand in an index of their own."""
    found: dict[str, float] = {
        ordered_by(RATING.name): document.rating_avg,
        ordered_by(DELIVERY_FEE.name): document.delivery_fee,
        ordered_by(MIN_ORDER.name): document.min_order_price,
        ordered_by(PREP_TIME.name): document.prep_time,
    }
    point = place_of(document)
    return found | ({ordered_by("nowhere"): 0.0} if point is None else {})


def place_of(document: Restaurant) -> Point | None:
    latitude, longitude = document.address.latitude, document.address.longitude
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def cell(point: Point, digits: int) -> str:
    """Trait of a square, twice as many degrees wide as high. Its number has the binary digits of both coordinates by turns, and
    stands there in base 4: so the numbers of the squares in it begin with its own."""
    most = 2**digits - 1
    up = min(most, int((point.latitude + 90) / 180 * 2**digits))
    along = min(most, int((point.longitude + 180) / 360 * 2**digits))
    number = ((up >> digit & 1) * 2 + (along >> digit & 1) for digit in reversed(range(digits)))
    return f"cell{digits}:{''.join(map(str, number))}"


def ordered_by(what: str) -> str:
    """Name of the index (topics/keys.py)."""
    return f"search:by:{what}"


def city(name: str) -> str:
    return f"city:{fold(name)}"


def district(name: str) -> str:
    return f"district:{fold(name)}"


def cuisine(name: str) -> str:
    return f"cuisine:{fold(name)}"


def beginnings(query: str) -> tuple[str, ...]:
    """What the traits of the words begin with. A word that begins another one asks for nothing more than that one."""
    said = sorted(set(words(query)))
    kept = (word for word, following in zip(said, [*said[1:], ""], strict=False) if not following.startswith(word))
    return tuple(f"word:{word}" for word in kept)


def open_at(zones: Iterable[str], at: datetime) -> tuple[str | Unless, ...]:
    """Those that are open. zones: all that occur. at: with its zone."""
    found: list[str | Unless] = [ALWAYS]
    for zone in zones:
        wall = wall_time(at, zone)
        minute, today = minute_of_week(wall), wall.date()
        for since, day in ((_OWN, today), (_LATE, today - timedelta(days=1))):
            found += (
                Unless(f"{since}open:{zone}:{minute // _HALF_HOUR}", _off(zone, day)),
                Unless(f"{since}minute:{zone}:{minute}", _off(zone, day)),
            )
    return tuple(found)


_OWN, _LATE = "", "late_"
"""What names of openings begin with: of a range of the day itself, and of one that began the day before."""


def _off(zone: str, day: date) -> str:
    return f"off:{zone}:{day}"


def _openings(document: Restaurant) -> Iterator[str]:
    zone = document.time_zone
    if not document.opening_hours and not document.days_off:
        yield ALWAYS
        return
    yield ZONE + zone
    own, late = set[int](), set[int]()
    for span in week(document.opening_hours or EVERY_DAY):
        midnight = (span.begin // DAY_MINUTES + 1) * DAY_MINUTES
        own.update(range(span.begin, min(span.end, midnight)))
        late.update(minute % WEEK_MINUTES for minute in range(midnight, span.end))
    if not document.days_off:  # nothing tells them apart then
        own, late = own | late, set[int]()
    yield from _times(_OWN, zone, own)
    yield from _times(_LATE, zone, late)
    yield from (_off(zone, each.day) for each in document.days_off)


def _times(since: str, zone: str, minutes: set[int]) -> Iterator[str]:
    """Half hours in which it is open throughout, and the single minutes of those that it opens or closes in."""
    for half_hour in {minute // _HALF_HOUR for minute in minutes}:
        inside = range(half_hour * _HALF_HOUR, (half_hour + 1) * _HALF_HOUR)
        if minutes.issuperset(inside):
            yield f"{since}open:{zone}:{half_hour}"
        else:
            yield from (f"{since}minute:{zone}:{minute}" for minute in inside if minute in minutes)


def _words(texts: Iterable[str]) -> Iterator[str]:
    return (f"word:{word}" for text in texts for word in words(text))
