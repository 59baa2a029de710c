"""Deliveries as couriers and restaurants read them, and where couriers are."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from http_edge.reads import streams
from stores.positioned import BETWEEN, KEPT
from tests.deadline import until
from tests.http_edge.client import Said
from tests.http_edge.conftest import World
from tests.http_edge.documents import delivery, stored
from tests.http_edge.events import Order, follow, none_open
from topics import keys

HERE = {"latitude": 40.985, "longitude": 29.025}
OWNER = str(uuid.uuid4())
HOME = {
    "id": "home", "title": "Ev", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy",
    "full_address": "Moda Caddesi 12", "zip_code": "34710", "apartment": None, "floor": None, "door_number": None,
    "latitude": 40.98, "longitude": 29.02, "created_at": "2026-01-01T12:00:00Z", "updated_at": "2026-01-01T12:00:00Z",
}  # fmt: skip


class Running:
    """A delivery that its courier has accepted."""

    def __init__(self, world: World, **more: Any) -> None:
        self.world, self.id, self.courier = world, str(uuid.uuid4()), str(uuid.uuid4())
        said = {"status": "accepted", "courier_id": self.courier, "owner_id": OWNER, "address": HOME}
        self.document = delivery(self.id, **(said | more))

    async def put(self) -> "Running":
        await self.world.redis.set(keys.document("delivery", self.id), stored(3, self.document))
        return self

    async def is_at(self, user: str | None = None, **said: Any) -> Said:
        client = self.world.client(user or self.courier)
        return await client.call("POST", f"/deliveries/{self.id}/position", HERE | said)

    async def told(self) -> Any:
        value = await self.world.redis.get(keys.position(self.id))
        return None if value is None else json.loads(keys.split(value)[1])


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


async def test_a_delivery_is_shown_to_its_courier_and_to_the_restaurant(edge: World):
    running = await Running(edge).put()
    for user in (running.courier, OWNER):
        said = await edge.client(user).call("GET", f"/deliveries/{running.id}")
        assert (said.status, said.json["address"]["address"]) == (200, "Moda Caddesi 12")
        assert not {"owner_id", "restaurant_spot"} & said.json.keys(), "these are for the edge"
    said = await edge.client(str(uuid.uuid4())).call("GET", f"/deliveries/{running.id}")
    assert (said.status, said.problem["code"]) == (404, "not_found")


async def test_what_is_offered_comes_first_then_what_runs_then_what_has_ended(edge: World):
    me = str(uuid.uuid4())
    for number, phase in enumerate(("ended", "running", "offered", "running")):
        name = f"{phase}-{number}"
        await edge.redis.set(keys.document("delivery", name), stored(1, delivery(name, courier_id=me)))
        await edge.redis.zadd(keys.index("delivery", keys.deliveries(me, phase)), {name: number})
    said = await edge.client(me).call("GET", "/deliveries")
    assert [each["order_id"] for each in said.json] == ["offered-2", "running-3", "running-1", "ended-0"]
    said = await edge.client(me).call("GET", "/deliveries?phase=running")
    assert [each["order_id"] for each in said.json] == ["running-3", "running-1"]
    assert (await edge.client(me).call("GET", "/deliveries?phase=late")).fields == ["phase"]
    assert (await edge.client(str(uuid.uuid4())).call("GET", "/deliveries")).json == []


async def test_what_went_to_somebody_else_meanwhile_is_not_listed(edge: World):
    me, name = str(uuid.uuid4()), "order-1"
    await edge.redis.set(keys.document("delivery", name), stored(2, delivery(name, courier_id="emre")))
    await edge.redis.zadd(keys.index("delivery", keys.deliveries(me, "offered")), {name: 1})
    assert (await edge.client(me).call("GET", "/deliveries")).json == []


async def test_a_position_reaches_the_customers_stream_within_a_second(edge: World, monkeypatch: pytest.MonkeyPatch):
    """By its notice: nobody waits for the next round."""
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)
    order = Order(edge)
    await order.becomes("placed")
    running = Running(edge)
    running.id = running.document["order_id"] = order.id
    await running.put()
    async with follow(edge.client(order.user), order.id) as events:
        assert [await events.hears("the first moment")] == order.happened()
        at = ago(seconds=1)
        assert (await running.is_at(at=at)).json == {"shown": True}
        heard = await events.hears("the position")
        assert heard is not None and (heard.id, heard.name) == ("", "position")
        assert heard.data == {**HERE, "at": at.replace("+00:00", "Z")}
        await order.becomes("cancelled")
        assert (await events.hears("what comes next")) == order.happened(since=1)[0], "the position is not told again"
        await events.rest()
    await until("the stream to be over", lambda: none_open(edge))


async def test_who_comes_back_is_told_where_the_courier_is_now(edge: World):
    order = Order(edge)
    await order.becomes("placed")
    running = Running(edge)
    running.id = running.document["order_id"] = order.id
    await (await running.put()).is_at()
    async with follow(edge.client(order.user), order.id, last="1") as events:
        heard = await events.hears("the position")
        assert heard is not None and heard.name == "position"
    await until("the stream to be over", lambda: none_open(edge))


async def test_nothing_of_it_is_on_a_topic_and_it_goes_by_itself(edge: World):
    running = await Running(edge).put()
    assert (await running.is_at()).json == {"shown": True}
    assert edge.domains.taken == []
    assert 0 < await edge.redis.pttl(keys.position(running.id)) <= KEPT * 1000


async def test_one_in_a_few_seconds_is_enough(edge: World):
    running = await Running(edge).put()
    await running.is_at(at=ago(seconds=30))
    await edge.redis.pexpire(keys.position(running.id), KEPT * 1000)  # as if a moment ago
    said = await running.is_at(at=ago(seconds=20))
    assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (429, "too_many_positions", str(BETWEEN))
    await edge.redis.pexpire(keys.position(running.id), (KEPT - BETWEEN) * 1000)  # as if so much later
    assert (await running.is_at(at=ago(seconds=20))).json == {"shown": True}


async def test_of_many_at_once_one_is_told(edge: World):
    running = await Running(edge).put()
    statuses = [each.status for each in await asyncio.gather(*(running.is_at(at=ago(seconds=n)) for n in range(20)))]
    assert set(statuses) <= {200, 429} and len(await edge.redis.keys(keys.position("*"))) == 1


async def test_what_an_app_says_late_does_not_overwrite_what_is_newer(edge: World):
    running = await Running(edge).put()
    await running.is_at(at=ago(seconds=5))
    known = await running.told()
    assert (await running.is_at(latitude=40.9, at=ago(seconds=60))).json == {"shown": False}
    assert (await running.is_at(latitude=40.9, at=known["at"])).json == {"shown": False}
    assert await running.told() == known
    other = await Running(edge).put()
    assert (await other.is_at(at=ago(seconds=KEPT + 1))).json == {"shown": False}, "it says nothing any more"
    assert await other.told() is None


@pytest.mark.parametrize("place", [(0.0, 0.0), (38.0, 25.0), (40.98, 32.0), (-41.0, 29.0)])
async def test_a_position_at_sea_is_refused(edge: World, place: tuple[float, float]):
    running = await Running(edge).put()
    said = await running.is_at(latitude=place[0], longitude=place[1])
    assert (said.status, said.fields) == (422, ["latitude"])
    assert await running.told() is None


async def test_every_fault_is_named_at_once(edge: World):
    said = await (await Running(edge).put()).is_at(latitude=0, longitude=0, at=ago(days=2))
    assert (said.status, said.fields) == (422, ["at", "latitude"])


async def test_a_clock_that_is_ahead_hides_no_later_position(edge: World):
    running = await Running(edge).put()
    await running.is_at(at=ago(seconds=-50))
    assert datetime.fromisoformat((await running.told())["at"]) <= datetime.now(UTC)


async def test_near_either_end_is_near_enough(edge: World):
    """The restaurant is in Istanbul, and the address some 450 km away."""
    running = await Running(edge, address=HOME | {"latitude": 39.92, "longitude": 32.85}).put()
    assert (await running.is_at(latitude=39.9, longitude=32.8)).status == 200
    assert (await running.is_at(latitude=40.4, longitude=30.9)).status == 422, "between the two"
    assert (await (await Running(edge, address=HOME | {"latitude": None}).put()).is_at()).status == 200


async def test_where_no_place_is_known_only_nowhere_is_refused(edge: World):
    running = await Running(edge, address=None, restaurant_spot=None).put()
    assert (await running.is_at(latitude=0.001, longitude=0)).status == 422
    assert (await running.is_at(latitude=-33.9, longitude=151.2)).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latitude", 90.1), ("longitude", -180.5), ("latitude", None), ("latitude", "40.9"),
        ("at", "2026-01-01T12:00:00"), ("at", "yesterday"), ("at", ago(days=-1)), ("at", ago(days=1, seconds=9)),
    ],
)  # fmt: skip
async def test_what_is_no_position_is_named(edge: World, field: str, value: Any):
    running = await Running(edge).put()
    said = await running.is_at(**{field: value})
    assert (said.status, said.fields) == (422, [field])


async def test_only_its_courier_says_where_they_are(edge: World):
    running = await Running(edge).put()
    for user in (OWNER, str(uuid.uuid4())):
        assert (await running.is_at(user)).status == 404
    assert (await Running(edge).is_at()).status == 404, "there is no such delivery"
    assert await running.told() is None


@pytest.mark.parametrize("status", ["offered", "delivered", "failed", "cancelled"])
async def test_only_while_it_runs(edge: World, status: str):
    running = await Running(edge, status=status).put()
    said = await running.is_at()
    assert (said.status, said.problem["code"], said.json["delivery_status"]) == (409, "not_running", status)
