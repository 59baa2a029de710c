"""Pages of every list: what a client without knowledge of them gets, how it goes on, and what is refused."""

import asyncio
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest

from http_edge.reads import lists
from http_edge.routing.routes import PUBLIC, AnyRow
from http_edge.web import ROUTES
from tests.deadline import SECONDS
from tests.http_edge.client import Client, Said, next_page
from tests.http_edge.conftest import World
from tests.http_edge.documents import delivery, meal, placed_order, stored
from topics import keys

PAGED = [row for row in ROUTES if row.pages is not None]
ME = str(uuid.uuid4())
EVER = 4e9  # seconds since the epoch
ORIGIN = "http://localhost:3000"


@pytest.fixture(autouse=True)
def no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a long page takes longer than it may."""
    monkeypatch.setattr(lists, "PAGE_SECONDS", SECONDS)


def every(rows: list[AnyRow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


@dataclass(frozen=True)
class Kind:
    """How a list is filled. path: of the route. index: where its entries stand. view: of their documents."""

    path: str
    index: str
    view: str
    items: Callable[[Any], list[Any]] = list

    async def put(self, edge: World, name: str, number: int) -> None:
        if self.index == BOARD:
            await edge.redis.set(keys.document("restaurant_owner", "r-1"), stored(1, {"owner_id": ME}))
        member = keys.part(name, name) if self.view == "campaigns" else name
        await edge.redis.set(keys.document(self.view, name), stored(1, self._document(name)))
        await edge.redis.zadd(keys.index(self.view, self.index), {member: EVER + number // 2})

    async def take(self, edge: World, name: str) -> None:
        member = keys.part(name, name) if self.view == "campaigns" else name
        await edge.redis.set(keys.document(self.view, name), "2\n")
        await edge.redis.zrem(keys.index(self.view, self.index), member)

    def _document(self, name: str) -> Any:
        if self.index == BOARD:
            return msgspec.to_builtins(placed_order(name, "guest"))
        if self.view == "delivery":
            return delivery(name, courier_id=ME)
        if self.view != "campaigns":
            return {"id": name}
        at = "2090-01-01T00:00:00Z"
        campaign = {"id": name, "title": "", "description": "", "start_date": at, "end_date": at, "restaurant_id": name,
                    "restaurant_name": "", "created_at": at}  # fmt: skip
        return {"campaigns": [campaign]}


BOARD = keys.board("r-1", keys.BOARD_ALL)
KINDS = {
    "GET /restaurants/{id}/orders": Kind("/restaurants/r-1/orders", BOARD, "order"),
    "GET /restaurants": Kind("/restaurants", keys.RESTAURANTS, "restaurant"),
    "GET /meals/restaurant/{restaurant_id}": Kind("/meals/restaurant/r-1", keys.menu("r-1"), "meal"),
    "GET /meals/restaurant/{restaurant_id}/export": Kind("/meals/restaurant/r-1/export", keys.menu("r-1"), "meal"),
    "GET /campaigns": Kind("/campaigns", keys.campaigns(None), "campaigns"),
    "GET /restaurants/{id}/reviews": Kind("/restaurants/r-1/reviews", keys.reviews("r-1"), "review"),
    "GET /discounts": Kind("/discounts", keys.coupons(None), "coupon"),
    "GET /orders": Kind("/orders", keys.orders(ME), "order"),
    "GET /carts/orders": Kind("/carts/orders", keys.orders(ME), "order"),
    "GET /deliveries": Kind(
        "/deliveries",
        keys.deliveries(ME, "offered"),
        "delivery",
        lambda said: [{"id": each["order_id"]} for each in said],
    ),
    "GET /users/me/export": Kind("/users/me/export", keys.orders(ME), "order", lambda file: file["orders"]),
}
NEWEST_FIRST = (
    "GET /restaurants/{id}/orders", "GET /restaurants/{id}/reviews", "GET /orders", "GET /carts/orders", "GET /deliveries",
    "GET /users/me/export",
)  # fmt: skip


def visitor(edge: World, row: AnyRow) -> Client:
    return edge.client(None if row.who is PUBLIC else ME)


def ids(row: AnyRow, said: Said) -> list[str]:
    assert said.status == 200, said.raw
    return [each["id"] for each in KINDS[row.name].items(said.json)]


async def walk(edge: World, row: AnyRow, path: str) -> list[list[str]]:
    """The ids of each page."""
    found = list[list[str]]()
    while path:
        said = await visitor(edge, row).call("GET", path)
        found.append(ids(row, said))
        path = next_page(said)
    return found


@every(PAGED)
async def test_pages_lead_to_each_other_and_hold_everything_once(edge: World, row: AnyRow):
    kind = KINDS[row.name]
    for number in range(10):
        await kind.put(edge, f"n-{number:02}", number)
    whole = await walk(edge, row, kind.path)
    assert len(whole) == 1 and sorted(whole[0]) == [f"n-{number:02}" for number in range(10)]
    if row.name in NEWEST_FIRST:
        assert whole[0] == sorted(whole[0], reverse=True)
    for limit, sizes in ((3, [3, 3, 3, 1]), (5, [5, 5]), (10, [10])):
        pages = await walk(edge, row, f"{kind.path}?limit={limit}")
        assert [len(page) for page in pages] == sizes, "a page that ends with the list is the last one"
        assert [name for page in pages for name in page] == whole[0]


@every(PAGED)
async def test_what_stays_is_given_once_though_others_come_and_go_between_two_pages(edge: World, row: AnyRow):
    kind = KINDS[row.name]
    for number in range(10):
        await kind.put(edge, f"n-{number:02}", number)
    first = await visitor(edge, row).call("GET", f"{kind.path}?limit=4")
    given = ids(row, first)
    # among those before: some go, the last of the page too, and some come
    await kind.take(edge, given[-1])
    await kind.take(edge, given[0])
    await kind.put(edge, "m-before", 99 if row.name in NEWEST_FIRST else -2)
    rest = [name for page in await walk(edge, row, next_page(first)) for name in page]
    assert sorted(given + rest) == [f"n-{number:02}" for number in range(10)]


@every(PAGED)
async def test_without_a_limit_a_list_gives_its_default_and_says_where_it_goes_on(edge: World, row: AnyRow):
    assert row.pages is not None
    kind, count = KINDS[row.name], row.pages.default + 1
    for number in range(count):
        await kind.put(edge, f"n-{number:05}", number)
    first, rest = await walk(edge, row, kind.path)
    assert (len(first), len(rest)) == (row.pages.default, 1)
    assert len(await walk(edge, row, f"{kind.path}?limit={row.pages.most}")) == math.ceil(count / row.pages.most)


@every(PAGED)
async def test_a_limit_that_is_none_is_refused(edge: World, row: AnyRow):
    assert row.pages is not None
    path, most = KINDS[row.name].path, row.pages.most
    for limit, why in (
        ("0", "at least 1"),
        ("-1", "at least 1"),
        (str(most + 1), f"at most {most}"),
        ("1e9", None),
        ("1000000000", f"at most {most}"),
        ("9" * 400, None),
        ("ten", None),
        ("1.5", None),
        ("%00", None),
    ):
        said = await visitor(edge, row).call("GET", f"{path}?limit={limit}")
        assert 400 <= said.status < 500 and said.fields == ["limit"], (limit, said.raw)
        if why is not None:
            assert (said.status, said.problem["errors"][0]["why"]) == (422, why)


@every(PAGED)
async def test_all_faults_of_a_page_are_told_at_once(edge: World, row: AnyRow):
    said = await visitor(edge, row).call("GET", f"{KINDS[row.name].path}?cursor=mine&limit=0")
    assert said.status == 422
    assert sorted(said.fields) == ["cursor", "limit"]
    assert "limit: at least 1" in said.problem["detail"] and "cursor: " in said.problem["detail"]


@every(PAGED)
async def test_a_cursor_is_good_for_the_list_that_gave_it_and_for_no_other(edge: World, row: AnyRow):
    for each in PAGED:
        for number in range(3):
            await KINDS[each.name].put(edge, f"n-{number}", number)
    cursors = {
        each.name: cursor_of(await visitor(edge, each).call("GET", f"{KINDS[each.name].path}?limit=1"))
        for each in PAGED
    }
    for name, cursor in cursors.items():
        said = await visitor(edge, row).call("GET", f"{KINDS[row.name].path}?{urlencode({'cursor': cursor})}")
        assert said.status == (200 if name == row.name else 422), (name, said.raw)
        if name != row.name:
            assert said.fields == ["cursor"]


@every([row for row in PAGED if row.who is not PUBLIC])
async def test_a_cursor_of_somebody_else_is_refused(edge: World, row: AnyRow):
    kind = KINDS[row.name]
    for number in range(3):
        await kind.put(edge, f"n-{number}", number)
    link = next_page(await edge.client(ME).call("GET", f"{kind.path}?limit=1"))
    said = await edge.client(str(uuid.uuid4())).call("GET", link)
    assert (said.status, said.fields) == (422, ["cursor"])


@pytest.mark.parametrize(
    "cursor", ["x", "é", "AAAA", "A" * 1024, "A" * 1025, "%22", "null", "..", "a b", "=", "-1", "1e9"]
)
async def test_what_is_no_cursor_of_ours_is_refused(edge: World, cursor: str):
    said = await edge.client().call("GET", f"/restaurants?{urlencode({'cursor': cursor})}")
    assert (said.status, said.fields) == (422, ["cursor"])


async def test_a_cursor_that_was_changed_is_refused(edge: World):
    for number in range(3):
        await KINDS["GET /restaurants"].put(edge, f"n-{number}", number)
    cursor = cursor_of(await edge.client().call("GET", "/restaurants?limit=1"))
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("B" if cursor[place] == "A" else "A") + cursor[place + 1 :]
        assert (await edge.client().call("GET", f"/restaurants?cursor={changed}")).status == 422


async def test_a_cursor_belongs_to_its_path_and_to_its_filters(edge: World):
    for restaurant in ("r-1", "r-2"):
        await edge.redis.zadd(keys.index("meal", keys.menu(restaurant)), {"m-1": 1, "m-2": 2})
        await edge.redis.zadd(keys.index("campaigns", keys.campaigns(restaurant)), {"x/1": EVER, "x/2": EVER})
    for path, other in (
        ("/meals/restaurant/r-1?limit=1", "/meals/restaurant/r-2"),
        ("/campaigns?restaurant_id=r-1&limit=1", "/campaigns?restaurant_id=r-2"),
        ("/campaigns?restaurant_id=r-1&limit=1", "/campaigns"),
    ):
        cursor = cursor_of(await edge.client().call("GET", path))
        said = await edge.client().call("GET", f"{other}{'&' if '?' in other else '?'}cursor={cursor}")
        assert (said.status, said.fields) == (422, ["cursor"]), other


async def test_the_link_keeps_the_filter_and_the_limit_and_is_readable_from_another_origin(edge: World):
    await edge.redis.zadd(keys.index("campaigns", keys.campaigns("r-1")), {f"x/{number}": EVER for number in range(5)})
    said = await edge.client().call("GET", "/campaigns/?restaurant_id=r-1&limit=2&other=x", Origin=ORIGIN)
    assert "Link" in said.headers["Access-Control-Expose-Headers"].split(", ")
    url = urlsplit(next_page(said))
    assert url.path == "/campaigns"
    assert {name: values for name, values in parse_qs(url.query).items() if name != "cursor"} == {
        "restaurant_id": ["r-1"],
        "limit": ["2"],
    }


async def test_coupons_of_everywhere_are_followed_by_those_of_the_restaurant_across_pages(edge: World):
    for place in (None, "r-1"):
        codes = {f"{place}-{number}": EVER + number for number in range(4)}
        await edge.redis.zadd(keys.index("coupon", keys.coupons(place)), codes)
        await edge.redis.mset({keys.document("coupon", code): stored(1, {"id": code}) for code in codes})
    row = next(row for row in PAGED if row.name == "GET /discounts")
    wanted = [f"{place}-{number}" for place in (None, "r-1") for number in range(4)]
    for limit in (1, 3, 4, 5, 8):
        pages = await walk(edge, row, f"/discounts?restaurant_id=r-1&limit={limit}")
        assert [code for page in pages for code in page] == wanted
        assert len(pages) == -(-8 // limit)


async def test_a_page_of_large_items_ends_earlier_and_leads_to_the_rest(edge: World):
    names = [f"m-{number:02}" for number in range(45)]
    large = "x" * 250_000
    await edge.redis.mset({keys.document("meal", name): stored(1, meal(name, description=large)) for name in names})
    await edge.redis.zadd(keys.index("meal", keys.menu("r-1")), {name: number for number, name in enumerate(names)})
    first = await edge.client().call("GET", "/meals/restaurant/r-1")
    assert lists.MOST_BYTES - 300_000 < len(first.raw) < lists.MOST_BYTES + 100
    assert int(first.headers["Content-Length"]) == len(first.raw)
    rest = await edge.client().call("GET", next_page(first))
    assert [each["id"] for each in (*first.json, *rest.json)] == names
    assert not next_page(rest)


async def menu(edge: World, meals: int) -> None:
    await edge.redis.mset({keys.document("meal", f"m-{n:05}"): stored(1, meal(f"m-{n:05}")) for n in range(meals)})
    await edge.redis.zadd(keys.index("meal", keys.menu("r-1")), {f"m-{n:05}": n for n in range(meals)})


async def test_a_page_that_takes_too_long_is_503_and_no_shorter_list(edge: World, monkeypatch: pytest.MonkeyPatch):
    await menu(edge, lists.SLICE_ENTRIES * 4)
    monkeypatch.setattr(lists, "PAGE_SECONDS", lists.PAUSE_SECONDS)
    said = await edge.client().call("GET", "/meals/restaurant/r-1")
    assert (said.status, said.headers["Retry-After"], said.problem["code"]) == (503, "2", "not_available")


async def test_who_hangs_up_in_a_long_list_breaks_nothing(edge: World):
    names = {f"m-{n}": n for n in range(30)}
    await edge.redis.mset(
        {keys.document("meal", name): stored(1, meal(name, description="x" * 250_000)) for name in names}
    )
    await edge.redis.zadd(keys.index("meal", keys.menu("r-1")), names)
    for _ in range(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(b"GET /meals/restaurant/r-1 HTTP/1.1\r\nHost: lezzet\r\n\r\n")
        assert (await reader.readexactly(12)) == b"HTTP/1.1 200"
        writer.transport.abort()
    said = await edge.client().call("GET", "/meals/restaurant/r-1")
    assert (said.status, len(said.json)) == (200, 30)


async def test_head_tells_the_length_of_a_long_list_without_it(edge: World):
    await menu(edge, 600)
    got, head = [await edge.client().call(method, "/meals/restaurant/r-1") for method in ("GET", "HEAD")]
    assert len(got.raw) > lists.PART_BYTES and (head.status, head.raw) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.raw))


@every(PAGED)
async def test_openapi_shows_limit_cursor_and_link(edge: World, row: AnyRow):
    assert row.pages is not None
    described = (await edge.client().call("GET", "/openapi.json")).json["paths"][row.path]["get"]
    named = {each["name"]: each for each in described["parameters"]}
    limit = named["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, row.pages.most, row.pages.default)
    assert not named["limit"]["required"] and not named["cursor"]["required"]
    assert "Link" in described["responses"]["200"]["headers"]
    assert "422" in described["responses"]


def cursor_of(said: Said) -> str:
    """Of the next page."""
    assert said.status == 200, said.raw
    return parse_qs(urlsplit(next_page(said)).query)["cursor"][0]
