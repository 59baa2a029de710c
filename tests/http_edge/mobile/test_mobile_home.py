"""GET /m/home: all blocks in one answer, and each of them alone where the others cannot be read."""

import dataclasses
import gzip
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import cramjam
import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import fields

from http_edge.mobile import cards, nearby, running_campaigns
from http_edge.mobile.cards import LOGO_LENGTH
from http_edge.mobile.home import OF_FAVOURITES, RESTAURANTS
from http_edge.mobile.home_cards import Home
from http_edge.mobile.running_campaigns import LOOK_BYTES, LOOKED_AT
from http_edge.mobile.running_campaigns import SHOWN as CAMPAIGNS_SHOWN
from tests.http_edge.client import Client, Said
from tests.http_edge.conftest import World
from tests.http_edge.documents import line, stored
from tests.stores.books import Books, restaurant
from topics import keys
from topics.values.fields import LAST_STATUSES

AT = "2026-01-01T12:00:00Z"
MODA = {"latitude": 40.98, "longitude": 29.02}
VIEWS = {
    "profile": "user", "address": "address", "favourites": "favourites", "campaigns": "campaigns",
    "restaurants": "restaurant", "order": "order", "basket": "basket",
}  # fmt: skip
"""Block → the view without which it cannot be read."""


@pytest_asyncio.fixture(loop_scope="session")
async def books(edge: World) -> AsyncGenerator[Books]:
    """In the Redis of the edge."""
    made = Books(edge.redis)
    await made.empty()
    await edge.ready()
    yield made


@pytest.fixture(autouse=True)
def another_moment():
    """What was near, and what ran, for the test before."""
    nearby._found._kept.clear()
    running_campaigns._found._kept.clear()


def phone(edge: World) -> tuple[Client, str]:
    me = str(uuid.uuid4())
    return edge.client(me), me


async def put(edge: World, view: str, name: str, document: Any, version: int = 1) -> None:
    await edge.redis.set(keys.document(view, name), stored(version, document))


async def home(client: Client, query: str = "", **headers: str) -> Said:
    said = await client.call("GET", f"/m/home{query}", **headers)
    assert said.status == 200, said.raw
    assert said.json.keys() | set(said.json["missing"]) == {each.encode_name for each in fields(Home)}
    return said


async def put_address(edge: World, me: str, **more: Any) -> None:
    address = {
        "id": "a-1", "title": "Ev", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy",
        "is_default": True, **MODA, **more,
    }  # fmt: skip
    await put(edge, "address", me, {"addresses": [{**address, "id": "a-0", "is_default": False}, address]})


async def put_campaign(edge: World, name: str, starts: datetime, ends: datetime, **more: Any) -> None:
    campaign = {
        "id": name, "title": f"Title of {name}", "description": "Two for one", "start_date": starts.isoformat(),
        "end_date": ends.isoformat(), "restaurant_id": name, "restaurant_name": "Lokanta", "created_at": AT, **more,
    }  # fmt: skip
    await put(edge, "campaigns", name, {"campaigns": [campaign]})
    index = keys.index("campaigns", keys.campaigns(None))
    await edge.redis.zadd(index, {keys.part(name, name): ends.timestamp()})


async def put_order(edge: World, me: str, name: str, placed: datetime, **more: Any) -> None:
    order = {
        "id": name, "user_id": me, "restaurant_id": "r-1", "restaurant_name": "Lokanta", "items": [line("m-1"), line("m-2")],
        "status": "placed", "total": 124990, "created_at": placed.isoformat(), **more,
    }  # fmt: skip
    await put(edge, "order", name, order)
    if order["status"] not in LAST_STATUSES:
        await edge.redis.zadd(keys.index("order", keys.running_orders(me)), {name: placed.timestamp()})


async def fill(edge: World, books: Books, me: str) -> None:
    """Something for each block."""
    now = datetime.now(UTC)
    await books.write(
        restaurant("near", name="Yakın", **MODA), restaurant("far", name="Uzak", latitude=41.1, longitude=29.02)
    )
    await put(edge, "user", me, {"full_name": "Ayşe Yılmaz", "email": "ayse@example.com", "phone": "+90555"})
    await put_address(edge, me)
    favourite = {"restaurant_id": "far", "name": "", "logo": "", "cuisines": [], "status": "", "created_at": AT}
    liked = {"restaurants": [favourite], "cuisines": [{"cuisine": "kebap", "created_at": AT}]}
    await put(edge, "favourites", me, liked)
    await put_campaign(edge, "c-1", now - timedelta(days=1), now + timedelta(days=1))
    await put_order(edge, me, "o-1", now - timedelta(minutes=5))
    await put(edge, "basket", me, {"items": [line("m-1"), line("m-2", quantity=3)]})


async def test_one_request_tells_it_all(edge: World, books: Books):
    client, me = phone(edge)
    await fill(edge, books, me)
    said = (await home(client, Accept_Language="en")).json
    assert said["missing"] == []
    assert said["profile"] == {"full_name": "Ayşe Yılmaz", "email": "ayse@example.com"}
    assert said["address"] == {"id": "a-1", "title": "Ev", "text": "Moda Caddesi 12, Kadıköy/İstanbul"}
    assert [each["name"] for each in said["favourites"]["restaurants"]] == ["Uzak"]
    assert said["favourites"]["cuisines"] == ["kebap"]
    assert [each["title"] for each in said["campaigns"]] == ["Title of c-1"]
    assert [(each["id"], each["distance_text"]) for each in said["restaurants"]] == [("near", "0 m"), ("far", "13 km")]
    assert (said["order"]["id"], said["order"]["total"], said["order"]["total_text"]) == ("o-1", 1249.9, "1,249.90 TL")
    assert (said["order"]["status_text"], said["order"]["item_text"]) == ("Your order is placed", "4 items")
    assert said["basket"] == {"restaurant_id": "r", "item_count": 5, "item_text": "5 items"}


async def test_texts_are_turkish_unless_english_is_asked_for(edge: World, books: Books):
    client, _ = phone(edge)
    await books.write(
        restaurant("one", delivery_fee=1490, min_order_price=10_000, prep_time=35, rating_avg=4.5, rating_count=12)
    )
    said = await home(client)
    assert said.headers["Content-Language"] == "tr"
    (card,) = said.json["restaurants"]
    texts = {name: text for name, text in card.items() if name.endswith("_text")}
    assert texts == {
        "rating_text": "4,5 (12)", "prep_time_text": "35 dk", "delivery_fee_text": "14,90 TL",
        "min_order_text": "100,00 TL", "opening_text": "Her zaman açık",
    }  # fmt: skip
    assert (card["delivery_fee"], card["prep_time"], card["rating_avg"]) == (14.9, 35, 4.5), "numbers beside the texts"
    said = await home(client, Accept_Language="en-GB")
    assert said.headers["Content-Language"] == "en"
    assert said.json["restaurants"][0]["opening_text"] == "Always open"


async def test_somebody_new_has_a_home_too(edge: World):
    said = (await home(phone(edge)[0])).json
    assert said == {
        "missing": [], "profile": None, "address": None, "favourites": {"restaurants": [], "cuisines": []},
        "campaigns": [], "restaurants": [], "order": None,
        "basket": {"restaurant_id": None, "item_count": 0, "item_text": "0 ürün"},
    }  # fmt: skip


@pytest.mark.parametrize("block", VIEWS)
async def test_a_block_whose_view_is_not_ready_is_left_out_and_named(edge: World, books: Books, block: str):
    client, me = phone(edge)
    await fill(edge, books, me)
    whole = (await home(client)).json
    await edge.redis.delete(keys.view_ready(VIEWS[block]))
    said = (await home(client)).json
    left_out = {block, "favourites"} if block == "restaurants" else {block}
    assert set(said["missing"]) == left_out, "favourites are shown as restaurants are now"
    assert said.keys() == whole.keys() - left_out
    nearby = {"restaurants"} if block == "address" else set[str]()  # nobody knows where the caller is
    assert all(said[name] == whole[name] for name in said.keys() - {"missing"} - nearby)


async def test_a_document_of_another_shape_takes_away_its_own_block_alone(edge: World, books: Books):
    client, me = phone(edge)
    await fill(edge, books, me)
    await put(edge, "user", me, {"full_name": 7})
    await put(edge, "favourites", me, {"restaurants": 7})
    assert set((await home(client)).json["missing"]) == {"profile", "favourites"}


async def test_an_index_that_redis_cannot_read_takes_away_its_own_block_alone(edge: World):
    client, me = phone(edge)
    await edge.redis.set(keys.index("campaigns", keys.campaigns(None)), "no sorted set")
    assert (await home(client)).json["missing"] == ["campaigns"]
    await edge.redis.set(keys.index("order", keys.running_orders(me)), "no sorted set")
    assert (await home(client)).json["missing"] == ["campaigns", "order"]


async def test_what_takes_too_long_is_left_out_and_the_rest_is_there(edge: World, books: Books):
    client, me = phone(edge)
    await fill(edge, books, me)
    async with edge.edge.lists._connection._turn:  # type: ignore[attr-defined] - others read long lists
        said = (await home(client)).json
    assert said["missing"] == ["campaigns"]
    assert (len(said["restaurants"]), said["basket"]["item_count"]) == (2, 5)


async def test_the_phone_says_where_it_is(edge: World, books: Books):
    client, me = phone(edge)
    await fill(edge, books, me)
    said = (await home(client, "?lat=41.1&lon=29.02")).json
    assert [each["id"] for each in said["restaurants"]] == ["far", "near"]
    said = await client.call("GET", "/m/home?lat=41.1")
    assert (said.status, said.fields) == (422, ["lon"])
    said = await client.call("GET", "/m/home?lat=91&lon=x")
    assert (said.status, sorted(said.fields)) == (422, ["lat", "lon"])


async def test_without_a_point_the_city_of_the_address_counts_and_then_the_rating(edge: World, books: Books):
    client, me = phone(edge)
    await put_address(edge, me, latitude=None, longitude=None)
    await books.write(
        restaurant("here", city="istanbul", rating_avg=3.0), restaurant("best", city="İSTANBUL", rating_avg=5.0),
        restaurant("there", city="Ankara", rating_avg=4.0),
    )  # fmt: skip
    assert [each["id"] for each in (await home(client)).json["restaurants"]] == ["best", "here"]
    stranger, _ = phone(edge)
    assert [each["id"] for each in (await home(stranger)).json["restaurants"]] == ["best", "there", "here"]


async def test_campaigns_that_run_are_shown_and_no_others(edge: World):
    now = datetime.now(UTC)
    day = timedelta(days=1)
    await put_campaign(edge, "over", now - 2 * day, now - day)
    await put_campaign(edge, "later", now + day, now + 2 * day)
    for number in range(CAMPAIGNS_SHOWN + 2):
        await put_campaign(edge, f"runs-{number}", now - day, now + (3 + number) * day)
    shown = (await home(phone(edge)[0])).json["campaigns"]
    assert [each["id"] for each in shown] == [f"runs-{number}" for number in range(CAMPAIGNS_SHOWN)]


async def test_campaigns_that_run_are_found_behind_many_that_have_not_begun(edge: World):
    """What is announced for the weekend ends before what runs all month."""
    now, day = datetime.now(UTC), timedelta(days=1)
    text = "x" * (LOOK_BYTES // 4)
    for number in range(LOOKED_AT):
        await put_campaign(edge, f"weekend-{number}", now + day, now + 2 * day, description=text)
    await put_campaign(edge, "runs", now - day, now + 30 * day)
    assert [each["id"] for each in (await home(phone(edge)[0])).json["campaigns"]] == ["runs"]


async def test_the_running_order_is_the_newest_that_is_not_over(edge: World):
    """One for later was placed days ago; an index that lags behind names one that is over."""
    client, me = phone(edge)
    now = datetime.now(UTC)
    assert (await home(client)).json["order"] is None
    ready_at = "2026-11-26T16:45:00Z"
    await put_order(edge, me, "for-later", now - timedelta(days=2), status="accepted", ready_at=ready_at)
    shown = (await home(client)).json["order"]
    assert (shown["id"], shown["ready_text"]) == ("for-later", "Hazır olma saati 19:45")
    await edge.redis.zadd(keys.index("order", keys.running_orders(me)), {"over": now.timestamp()})
    for number, (name, status) in enumerate((("old", "placed"), ("new", "placed"), ("over", "cancelled"))):
        await put_order(edge, me, name, now - timedelta(minutes=10 - number), status=status)
    assert (await home(client)).json["order"]["id"] == "new"


async def test_whoever_writes_sees_it_at_home(edge: World):
    client, me = phone(edge)
    await put(edge, "basket", me, {"items": [line("m-1")]}, version=4)
    await edge.redis.set(keys.wrote(me, "basket"), f"{me}@4;")
    assert (await home(client)).json["basket"]["item_count"] == 2
    await edge.redis.set(keys.wrote(me, "basket"), f"{me}@5;")
    assert (await home(client)).json["missing"] == ["basket"], "its view stays behind"
    await edge.redis.set(keys.wrote(me, "order"), "o-9@1;")
    assert set((await home(client)).json["missing"]) == {"basket", "order"}


async def test_the_tag_changes_with_what_is_shown_and_with_nothing_else(edge: World, books: Books):
    client, me = phone(edge)
    await fill(edge, books, me)
    first = await home(client)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
    vary = {name.strip() for value in first.headers.getall("Vary") for name in value.split(",")}
    assert vary == {"Origin", "Accept-Encoding", "Accept-Language", "Authorization"}
    again = await client.call("GET", "/m/home", If_None_Match=tag, Accept_Encoding="zstd")
    assert (again.status, again.raw, again.headers["ETag"]) == (304, b"", tag)
    assert "Content-Length" not in again.headers
    assert (await home(client, Accept_Language="en")).headers["ETag"] != tag
    assert (await home(client, "?lat=41.1&lon=29.02")).headers["ETag"] != tag
    for view, name, document in (
        ("user", me, {"full_name": "Ayşe Kaya", "email": None}),
        ("basket", me, {"items": []}),
        ("favourites", me, {"restaurants": [], "cuisines": []}),
    ):
        await put(edge, view, name, document, version=2)
        changed = await client.call("GET", "/m/home", If_None_Match=tag)
        assert changed.status == 200, f"{view} has changed"
        tag = changed.headers["ETag"]
    await books.write(restaurant("near", name="Yakında", **MODA))
    changed = await client.call("GET", "/m/home", If_None_Match=tag)
    assert changed.status == 200 and changed.json["restaurants"][0]["name"] == "Yakında"
    tag = changed.headers["ETag"]
    await edge.redis.delete(keys.view_ready("campaigns"))
    assert (await client.call("GET", "/m/home", If_None_Match=tag)).json["missing"] == ["campaigns"]


async def test_the_tag_of_one_user_is_not_that_of_another(edge: World):
    mine, theirs = [(await home(phone(edge)[0])).headers["ETag"] for _ in range(2)]
    assert mine != theirs


@pytest.mark.parametrize("letter", ["a", "Ş", "漢", "🍔", '"'])
async def test_a_home_of_the_longest_texts_stays_below_50_kilobytes(edge: World, books: Books, letter: str):
    client, me = phone(edge)
    name, word, text, line = letter * 120, letter * 120, letter * 2000, letter * 500
    logo = "https://example.com/".ljust(LOGO_LENGTH, "l")
    now = datetime.now(UTC)
    listed = [
        restaurant(f"{number:064}", name=name, description=text, logo=logo, rating_avg=4.9,
                   rating_count=10**6, cuisines=(word,) * 20, delivery_fee=10**8, min_order_price=10**8, **MODA)
        for number in range(RESTAURANTS + 5)
    ]  # fmt: skip
    await books.write(*listed)
    await put(edge, "user", me, {"full_name": name, "email": "e" * 254})
    await put_address(edge, me, title=line, address=line, city=word, district=word)
    favourites = [
        {"restaurant_id": each.id, "name": "", "logo": "", "cuisines": [], "status": "", "created_at": AT}
        for each in listed
    ]
    cuisines = [{"cuisine": letter * 60, "created_at": AT}] * 200
    await put(edge, "favourites", me, {"restaurants": favourites, "cuisines": cuisines})
    for number in range(CAMPAIGNS_SHOWN + 5):
        said = {"title": name, "description": text, "restaurant_name": name}
        await put_campaign(edge, f"{number:064}", now - timedelta(days=1), now + timedelta(days=number + 1), **said)
    await put_order(edge, me, "o" * 64, now, restaurant_name=name)
    said = await home(client)
    assert (len(said.json["restaurants"]), len(said.json["favourites"]["restaurants"])) == (RESTAURANTS, OF_FAVOURITES)
    assert len(said.raw) <= 50_000


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_home_is_compressed_as_the_phone_takes_it(edge: World, books: Books, coding: str):
    client, _ = phone(edge)
    await books.write(*(restaurant(f"r-{number}") for number in range(RESTAURANTS)))
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        raw = dataclasses.replace(client, http=http)
        plain = await home(raw, Accept_Encoding="identity")
        said = await raw.call("GET", "/m/home", Accept_Encoding=coding)
    assert (said.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == (coding, False)
    assert said.headers["ETag"] == plain.headers["ETag"]
    assert len(said.raw) < len(plain.raw) / 3
    unpacked = gzip.decompress(said.raw) if coding == "gzip" else bytes(cramjam.zstd.decompress(said.raw))
    assert unpacked == plain.raw


async def test_a_card_is_made_again_when_its_minute_is_over():
    document = msgspec.json.encode(restaurant("r", opening_hours={"mon": "09:00-22:00"}))
    noon = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()
    assert cards.card(document, noon, "tr") is cards.card(document, noon + 59, "tr")
    assert cards.card(document, noon + 60, "tr").opening_text == "Açık, kapanış 22:00"
    assert cards.card(document, noon + 10 * 3600, "tr").opening_text.startswith("Kapalı")
    assert cards.card(document, noon, "en").opening_text == "Open until 22:00"
