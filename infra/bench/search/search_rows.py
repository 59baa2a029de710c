"""The same searches in PostgreSQL: a row for each restaurant, and an index for whatever a search may begin with."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from topics.documents.browse import Meal, Restaurant
from topics.search_index import DELIVERY_FEE, MIN_ORDER, PREP_TIME, RATING, Column, Found, Unless, Wanted, place_of
from topics.values.folding import fold, words
from topics.values.opening_hours import week

COLUMNS: dict[str, Column] = {each.name: each for each in (RATING, DELIVERY_FEE, MIN_ORDER, PREP_TIME)}
_WEEK = 7 * 24 * 60

# The index of a cube walks to the nearest points. They are of the earth's surface: the straight line orders as the ground does.
_TABLE = """
create extension if not exists cube;
create table restaurant (
    id text primary key, city text not null, district text not null, cuisines text[] not null,
    rating int not null, delivery_fee int not null, min_order int not null, prep_time int not null,
    always bool not null, zone text not null, hours int4multirange not null, place cube not null, words tsvector not null
)
"""

_INDEXES = """
create index on restaurant (rating, id);
create index on restaurant (delivery_fee, id);
create index on restaurant (min_order, id);
create index on restaurant (prep_time, id);
create index on restaurant (city, district, rating, id);
create index on restaurant (city, min_order, id);
create index on restaurant using gin (cuisines);
create index on restaurant using gin (words);
create index on restaurant using gist (hours);
create index on restaurant using gist (place);
analyze restaurant
"""


@dataclass(slots=True)
class _Query:
    """Conditions with their parameters."""

    parameters: list[Any] = field(default_factory=list[Any])
    conditions: list[str] = field(default_factory=list[str])

    def place(self, value: Any) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    @property
    def where(self) -> str:
        return " and ".join(self.conditions) or "true"


class Rows:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def write(self, restaurants: Iterable[tuple[Restaurant, Sequence[Meal]]]) -> None:
        await self._connection.executemany(
            "insert into restaurant values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::int4multirange,"
            " cube($12::float8[]), array_to_tsvector($13))",
            [_row(restaurant, menu) for restaurant, menu in restaurants],
        )

    async def indexed(self) -> None:
        await self._connection.execute(_INDEXES)

    async def find(self, wanted: Wanted) -> Found:
        """One statement: the number of all, and the ids of the page."""
        text, parameters = statement(wanted)
        found = await self._connection.fetchrow(text, *parameters)
        assert found is not None, "an aggregate has a row"
        return Found(*found)


@asynccontextmanager
async def open_rows(url: str) -> AsyncGenerator[Rows]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_TABLE)
        yield Rows(connection)
    finally:
        await connection.close()


def _row(each: Restaurant, menu: Sequence[Meal]) -> tuple[Any, ...]:
    point, texts = place_of(each), (each.name, *each.cuisines, *(meal.name for meal in menu if meal.is_available))
    assert point is not None
    numbers = (each.rating_avg, each.delivery_fee, each.min_order_price, each.prep_time)
    columns = [round(value * column.scale) for value, column in zip(numbers, COLUMNS.values(), strict=True)]
    return (
        each.id, fold(each.address.city), fold(each.address.district), [*map(fold, each.cuisines)], *columns,
        each.status == "open" and not each.opening_hours, each.time_zone, _hours(each), list(point.vector()),
        sorted({word for text in texts for word in words(text)}),
    )  # fmt: skip


def _hours(each: Restaurant) -> str:
    """Minutes of the week. What goes on into the next week is there at its beginning, too."""
    spans = week(each.opening_hours) if each.status == "open" else ()
    begun = [(begin - _WEEK, end - _WEEK) for begin, end in spans if end > _WEEK]
    return "{" + ",".join(f"[{max(0, begin)},{end})" for begin, end in (*begun, *spans)) + "}"


def statement(wanted: Wanted) -> tuple[str, list[Any]]:
    """The SQL, and its parameters."""
    query = _Query()
    query.conditions += [_one_of(query, group) for group in wanted.any_of]
    for column, limit, least in wanted.bounds:
        query.conditions.append(f"{column.name} {'>=' if least else '<='} {query.place(limit)}")
    if wanted.beginnings:
        begin = " & ".join(f"'{each.removeprefix('word:')}':*" for each in wanted.beginnings)
        query.conditions.append(f"words @@ {query.place(begin)}::text::tsquery")
    way = "desc" if wanted.descending else "asc"
    by = wanted.order
    if wanted.near is not None and by == "distance":
        by = f"place <-> cube({query.place(list(wanted.near.vector()))}::float8[])"
    ordered = f"order by {by} {way}, id {way}"
    page = f"limit {wanted.count} offset {wanted.offset}"
    if not wanted.first:
        ids = f"select id from restaurant where {query.where} {ordered} {page}"  # noqa: S608
    else:
        # Each part by its own index, up to the end of the page: a sort of both by whether they are open would use none.
        is_open, most = _one_of(query, wanted.first), wanted.offset + wanted.count
        parts = [
            _part(number, f"where {query.where} and {which} {ordered} limit {most}")
            for number, which in enumerate((is_open, f"not {is_open}"))
        ]
        ids = f"select id from ({' union all '.join(parts)}) both_parts order by part, place {page}"  # noqa: S608
    text = f"select (select count(*) from restaurant where {query.where}), array({ids})"  # noqa: S608
    return text, query.parameters


def _part(number: int, found: str) -> str:
    return (
        f"(select id, {number} as part, row_number() over () as place from (select id from restaurant {found}) found)"  # noqa: S608
    )


def _one_of(query: _Query, group: Sequence[str | Unless]) -> str:
    """The condition for traits of topics.search_index, all of one kind."""
    names = [each.trait if isinstance(each, Unless) else each for each in group]
    kind = names[0].partition(":")[0]
    if kind == "always":
        minutes = [each.split(":")[1:] for each in names if each.startswith("minute:")]
        zones = [f"zone = {query.place(zone)} and hours @> {query.place(int(minute))}::int" for zone, minute in minutes]
        return "(" + " or ".join(["always", *(f"({each})" for each in zones)]) + ")"
    values = [each.partition(":")[2] for each in names]
    return f"cuisines && {query.place(values)}" if kind == "cuisine" else f"{kind} = {query.place(values[0])}"
