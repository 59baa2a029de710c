"""GET /restaurants/{id}/orders, one of them, and live: for the restaurant's owner."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import fields, replace

from http_edge.reads import list_stream, live_lists, streams
from http_edge.web.order.board import BoardChange, BoardOrder
from tests.deadline import until
from tests.http_edge.boards import NOW, Board
from tests.http_edge.client import next_page
from tests.http_edge.conftest import World
from tests.http_edge.events import Events, Heard, follow_at, none_open
from topics import keys


@pytest_asyncio.fixture(loop_scope="session")
async def board(edge: World) -> AsyncGenerator[Board]:
    """Of a new restaurant. All streams are over afterwards."""
    made = Board(edge)
    await made.open()
    yield made
    await until("all streams to be over", lambda: none_open(edge))


def follow(board: Board, last: str | None = None, **how: Any) -> AbstractAsyncContextManager[Events]:
    return follow_at(board.world.client(board.owner, **how), f"{board.path}/events", last)


async def opened(events: Events) -> Heard:
    heard = await events.hears("that it is open")
    assert heard is not None and (heard.name, heard.data) == ("open", {})
    return heard


async def told(events: Events, what: str = "a change") -> tuple[str, str]:
    """(order, status)"""
    heard = await events.hears(what)
    assert heard is not None and heard.data["status"] == heard.name, heard
    return heard.data["id"], heard.name


async def test_the_newest_come_first_and_page_by_page(board: Board):
    orders = [await board.put(board.made(number)) for number in range(5)]
    assert await board.listed() == [each.id for each in reversed(orders)]
    path, found = f"{board.path}?limit=2&status=placed", list[str]()
    while path:
        said = await board.client().call("GET", path)
        found += [each["id"] for each in said.json]
        path = next_page(said)
    assert found == [each.id for each in reversed(orders)]


async def test_an_order_stands_in_the_list_of_its_status_and_runs_until_it_ends(board: Board):
    order = await board.put(board.made())
    for status in ("accepted", "preparing", "ready", "on_the_way", "delivered"):
        assert await board.listed(f"?status={order.status}") == await board.listed("?status=running") == [order.id]
        before, order = order.status, await board.becomes(order, status)
        assert await board.listed(f"?status={before}") == []
    assert await board.listed("?status=delivered") == await board.listed() == [order.id]
    assert await board.listed("?status=running") == []


async def test_those_for_later_are_apart_until_they_come_to_the_kitchen_and_the_soonest_comes_first(board: Board):
    later = [await board.put(board.made(sent_at=None, due_at=NOW + timedelta(hours=hours))) for hours in (30, 4, 26)]
    now = await board.put(board.made())
    assert await board.listed() == [now.id]
    assert await board.listed("?scheduled=true") == [later[1].id, later[2].id, later[0].id]
    await board.put(replace(later[1], sent_at=NOW + timedelta(minutes=1)))
    assert await board.listed("?scheduled=true") == [later[2].id, later[0].id]
    assert set(await board.listed("?status=placed")) == {now.id, later[1].id}


async def test_an_order_that_is_not_paid_is_not_the_restaurants_yet(board: Board):
    order = await board.put(
        board.made(sent_at=None, payment_status="challenged", payment_url="https://bank.example/3ds")
    )
    path = f"{board.path}/{order.id}"
    assert await board.listed() == [] and (await board.client().call("GET", path)).status == 404
    await board.put(replace(order, sent_at=NOW, payment_status="authorized", payment_url=None))
    assert await board.listed() == [order.id] and (await board.client().call("GET", path)).status == 200


async def test_it_shows_what_is_to_be_cooked_and_where_it_goes_and_not_who_the_customer_is(board: Board):
    order = await board.put(board.made(note="Zil bozuk"))
    one = await board.client().call("GET", f"{board.path}/{order.id}")
    listed = await board.client().call("GET", board.path)
    assert listed.json == [one.json]
    assert one.json.keys() == {field.encode_name for field in fields(BoardOrder)}
    assert (one.json["total"], one.json["note"]) == (order.total / 100, "Zil bozuk")
    assert [each["name"] for each in one.json["items"]] == [each.name for each in order.items]
    assert order.user_id not in one.raw.decode()


async def test_others_find_nothing(edge: World, board: Board):
    order = await board.put(board.made())
    stranger, elsewhere = edge.client(str(uuid.uuid4())), Board(edge)
    await elsewhere.open()
    for path in (board.path, f"{board.path}/{order.id}", f"{board.path}/events", f"/restaurants/{uuid.uuid4()}/orders"):
        for client in (stranger, elsewhere.client()):
            said = await client.call("GET", path)
            assert (said.status, said.problem["code"]) == (404, "not_found"), path
    said = await elsewhere.client().call("GET", f"{elsewhere.path}/{order.id}")
    assert said.status == 404, "an order of another restaurant"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("status=cooked", ["status"]), ("scheduled=perhaps", ["scheduled"]), ("limit=101", ["limit"]),
        ("limit=0&status=x&cursor=y", ["cursor", "limit", "status"]), ("scheduled=true&status=placed", ["status"]),
    ],
)  # fmt: skip
async def test_what_is_no_filter_is_named(board: Board, query: str, named: list[str]):
    said = await board.client().call("GET", f"{board.path}?{query}")
    assert (said.status, sorted(said.fields)) == (422, named)


async def test_an_owner_sees_what_it_has_just_done(edge: World, board: Board):
    order = await board.put(board.made())
    await edge.redis.set(keys.wrote(board.owner, "order"), f"{order.id}@2;")
    reading = asyncio.create_task(board.listed("?status=accepted"))
    await board.becomes(order, "accepted")
    assert await reading == [order.id]


async def test_who_has_just_opened_a_restaurant_is_its_owner(edge: World, board: Board):
    new = Board(edge)
    await edge.redis.set(keys.wrote(new.owner, "restaurant"), f"{new.id}@1;")
    reading = asyncio.create_task(new.listed())
    await new.open()
    assert await reading == []


async def test_it_is_503_until_it_is_known_who_owns_what(edge: World, board: Board):
    await edge.redis.delete(keys.view_ready("restaurant_owner"))
    for path in (board.path, f"{board.path}/events", f"{board.path}/{uuid.uuid4()}"):
        assert (await board.client().call("GET", path)).status == 503
    assert (await board.client().call("GET", "/health/ready")).status == 503


async def test_it_opens_and_then_tells_what_changes(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)  # by its notice: nobody waits for the next round
    before = await board.put(board.made())
    async with follow(board) as events:
        assert events.answer.headers["Content-Type"] == "text/event-stream"
        await opened(events)
        new = await board.put(board.made(1))
        heard = await events.hears("the new one")
        assert heard is not None and heard.name == "placed"
        assert heard.data.keys() == {field.encode_name for field in fields(BoardChange)}
        assert (heard.data["id"], heard.data["total"]) == (new.id, new.total / 100)
        await board.becomes(before, "accepted")
        assert await told(events) == (before.id, "accepted")


async def test_who_comes_back_gets_each_order_that_changed_once_as_it_is_now(board: Board):
    first = await board.put(board.made())
    async with follow(board) as events:
        await opened(events)
        await board.becomes(first, "accepted")
        heard = await events.hears("the first change")
    assert heard is not None
    second = await board.put(board.made(1))
    await board.becomes(first, "preparing")
    await board.becomes(second, "rejected")
    await board.becomes(first, "ready")
    async with follow(board, last=heard.id) as events:
        assert [await told(events) for _ in range(2)] == [(second.id, "rejected"), (first.id, "ready")]
        third = await board.put(board.made(2))
        assert await told(events) == (third.id, "placed")


async def test_an_empty_board_can_be_followed_from_its_beginning(board: Board):
    async with follow(board) as events:
        at = await opened(events)
    order = await board.put(board.made())
    async with follow(board, last=at.id) as events:
        assert await told(events) == (order.id, "placed")


async def test_many_changes_come_in_slices(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(list_stream, "AT_ONCE", 3)
    orders = [await board.put(board.made(number)) for number in range(10)]
    async with follow(board, last=".1") as events:
        assert [(await told(events))[0] for _ in orders] == [each.id for each in orders]


async def test_who_was_away_for_too_long_begins_anew(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_lists, "LATEST", 2)
    orders = [await board.put(board.made(number)) for number in range(2)]
    async with follow(board, last=".1") as events:
        await opened(events)
        await board.becomes(orders[0], "accepted")
        assert await told(events) == (orders[0].id, "accepted")


async def test_another_generation_of_the_view_begins_anew(edge: World, board: Board):
    order = await board.put(board.made())
    async with follow(board) as events:
        await opened(events)
        await edge.redis.set(keys.view_ready("order"), "@7")
        await edge.redis.publish(keys.CHANGES, b'{"view":"order","ids":[]}')
        heard = await opened(events)
        assert heard.id == "@7.0"
        await edge.redis.set(keys.view_ready("order"), "")
        await board.becomes(order, "accepted")
        assert (await opened(events)).id.startswith(".")
        assert await board.listed("?status=accepted") == [order.id]


async def test_a_lost_notice_is_made_good(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.2)
    order = await board.put(board.made())
    async with follow(board) as events:
        await opened(events)
        await board.becomes(order, "accepted", told=False)
        assert await told(events) == (order.id, "accepted")


async def test_an_order_that_is_shown_no_more_is_passed_over(
    edge: World, board: Board, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)  # no round finds it before it is gone
    gone = await board.put(board.made())
    async with follow(board) as events:
        await opened(events)
        await board.becomes(gone, "accepted", told=False)
        await edge.redis.set(keys.document("order", gone.id), "3\n")
        order = await board.put(board.made(1))
        assert await told(events) == (order.id, "placed")


@pytest.mark.parametrize("last", ["x", "7", "@.7", "1.7", "@1.", "@1.x", "@1.7.7", "@1." + "7" * 17])
async def test_an_id_that_is_none_is_named(board: Board, last: str):
    said = await board.client().call("GET", f"{board.path}/events", Last_Event_ID=last)
    assert (said.status, said.fields) == (422, ["Last-Event-ID"])


async def test_it_ends_with_its_token_and_soon_after_a_logout(edge: World, board: Board):
    async with follow(board, seconds=5) as events:
        await opened(events)
        assert [heard.data for heard in await events.rest()] == [{"why": "token_expired"}]
    jti = uuid.uuid4().hex
    async with follow(board, jti=jti) as events:
        await opened(events)
        await edge.redis.set(keys.denied_token(jti), "1")
        await board.put(board.made())
        assert [heard.data for heard in await events.rest()] == [{"why": "token_revoked"}]


async def test_its_streams_count_with_all_others_of_the_owner(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "MOST_OF_A_USER", 1)
    async with follow(board) as events:
        await opened(events)
        said = await board.client().call("GET", f"{board.path}/events")
        assert (said.status, said.problem["code"]) == (429, "too_many_streams")


async def test_a_head_follows_nothing(edge: World, board: Board):
    said = await board.client().call("HEAD", f"{board.path}/events")
    assert (said.status, said.raw) == (200, b"") and edge.edge.streams.count == 0
