"""Restaurants, meals and searches for the bench, the same in each run."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from topics import search_index
from topics.documents.browse import Meal, Restaurant
from topics.messages.ids import derive
from topics.search_index import Bound, Point, Unless, Wanted
from topics.values.fields import Address, Weekday
from topics.values.opening_hours import DAYS

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CITIES = {"İstanbul": (41.01, 28.98), "Ankara": (39.93, 32.86), "İzmir": (38.42, 27.14), "Bursa": (40.18, 29.06)}
CUISINES = (
    "kebap", "pide", "pizza", "döner", "çorba", "ev yemekleri", "balık", "tatlı", "burger", "köfte", "suşi", "kahvaltı"
)  # fmt: skip
HOURS = ("09:00-22:00", "11:30-14:00,18:30-23:00", "10:00-02:00", "00:00-24:00", "08:15-20:45", "18:00-05:10")
ZONES = ("Europe/Istanbul",) * 8 + ("Asia/Nicosia", "Europe/Berlin")
VOCABULARY = 4000

Kind = dict[str, Any]
"""Fields of Wanted, or what draws them."""

_dice = random.Random(7)  # noqa: S311


def _vocabulary() -> list[str]:
    syllables = [a + b for a in "bcçdfghkklmnprsştvyz" for b in "aaeıiouüö"]
    made = {"".join(_dice.choices(syllables, k=_dice.randint(2, 4))) for _ in range(VOCABULARY)}
    return sorted(made, key=lambda word: derive("order", word))


WORDS = _vocabulary()
# Zipf: the n-th word is n times as rare as the first
_COMMON = list(itertools.accumulate(1 / (place + 1) for place in range(len(WORDS))))


def words(count: int) -> str:
    return " ".join(_dice.choices(WORDS, cum_weights=_COMMON, k=count)).title()


def restaurants(count: int) -> Iterator[Restaurant]:
    for number in range(count):
        city = _dice.choice(list(CITIES))
        latitude, longitude = CITIES[city]
        place = Address(
            city=city, district=f"Semt {_dice.randint(1, 30)}", latitude=_dice.gauss(latitude, 0.1),
            longitude=_dice.gauss(longitude, 0.1),
        )  # fmt: skip
        hours: dict[Weekday, str] = dict.fromkeys(DAYS, _dice.choice(HOURS))  # type: ignore[arg-type]
        yield Restaurant(
            id=derive("bench", f"restaurant {number}"), name=words(2), description="", logo="", address=place,
            phone_number=None, email=None, status="closed" if number % 20 == 0 else "open", opening_hours=hours,
            time_zone=_dice.choice(ZONES), cuisines=tuple(_dice.sample(CUISINES, 2)), prep_time=_dice.randint(2, 12) * 5,
            rating_avg=round(_dice.uniform(2.5, 5), 1), rating_count=10, delivery_fee=_dice.randint(0, 800) * 10,
            min_order_price=_dice.randint(0, 40) * 1_000, created_at=NOW, updated_at=NOW,
        )  # fmt: skip


def meals(restaurant_id: str, count: int) -> Iterator[Meal]:
    for number in range(count):
        yield Meal(
            id=derive(restaurant_id, f"meal {number}"), restaurant_id=restaurant_id, name=words(_dice.choice((2, 2, 3))),
            description="", is_available=number % 15 != 0, price=10_000, image_url="", cuisine="", complementary_ids=(),
            options=(), created_at=NOW, updated_at=NOW,
        )  # fmt: skip


def searches(zones: list[str], at: datetime, count: int) -> dict[str, list[Wanted]]:
    """What is asked → that many searches of the kind, each with values of its own. As the edge asks where a client says no
    more: those that are open come first."""
    is_open = search_index.open_at(zones, at)
    kinds = {what: {"first": is_open} | kind for what, kind in {**_filters(is_open), **_orders(is_open)}.items()}
    return {what: [_drawn(kind) for _ in range(count)] for what, kind in kinds.items()}


def _filters(is_open: tuple[str | Unless, ...]) -> dict[str, Kind]:
    return {
        "all, by rating": {},
        "all, page 50": {"offset": 980},
        "all, whoever is open": {"first": ()},
        "city": {"any_of": lambda: (_city(),)},
        "city, district, cuisines": {"any_of": lambda: (_city(), _district(), _cuisines())},
        "min_rating": {"bounds": lambda: (search_index.RATING.at_least(_dice.uniform(2.5, 5)),)},
        "max_delivery, min_order, prep_time": {"bounds": _limits},
        "open_now": {"any_of": (is_open,), "first": ()},
        "query: a word": {"beginnings": lambda: search_index.beginnings(words(1))},
        "query: two beginnings of 3": {"beginnings": lambda: _beginnings(3)},
        "query: two beginnings of 1": {"beginnings": lambda: _beginnings(1)},
    }


def _orders(is_open: tuple[str | Unless, ...]) -> dict[str, Kind]:
    near = {"order": "distance", "descending": False, "near": _near}
    return {
        "by delivery_fee": {"order": "delivery_fee", "descending": False},
        "by prep_time, open_now": {"order": "prep_time", "descending": False, "any_of": (is_open,), "first": ()},
        "by min_order, city": {"order": "min_order", "descending": False, "any_of": lambda: (_city(),)},
        "by distance": near,
        "by distance, page 100": near | {"offset": 1980},
        "by distance, farthest first": near | {"descending": True},
        "by distance, city, open_now": near | {"any_of": lambda: (_city(), is_open), "first": ()},
        "everything": near
        | {
            "first": (),
            "any_of": lambda: (_city(), _cuisines(), is_open),
            "bounds": _limits,
            "beginnings": lambda: _beginnings(2),
        },
    }


def _drawn(kind: Kind) -> Wanted:
    said: dict[str, Any] = {name: value() if callable(value) else value for name, value in kind.items()}
    return Wanted(**said)


def _city() -> tuple[str, ...]:
    return (search_index.city(_dice.choice(list(CITIES))),)


def _district() -> tuple[str, ...]:
    return (search_index.district(f"Semt {_dice.randint(1, 30)}"),)


def _cuisines() -> tuple[str, ...]:
    return tuple(map(search_index.cuisine, _dice.sample(CUISINES, 2)))


def _limits() -> tuple[Bound, ...]:
    return (
        search_index.DELIVERY_FEE.at_most(_dice.randint(1_000, 7_000)),
        search_index.MIN_ORDER.at_most(_dice.randint(50, 400) * 100),
        search_index.PREP_TIME.at_most(_dice.randint(15, 55)),
    )


def _near() -> Point:
    latitude, longitude = _dice.choice(list(CITIES.values()))
    return Point(_dice.gauss(latitude, 0.1), _dice.gauss(longitude, 0.1))


def _beginnings(letters: int) -> tuple[str, ...]:
    return search_index.beginnings(" ".join(word[:letters] for word in words(2).split()))
