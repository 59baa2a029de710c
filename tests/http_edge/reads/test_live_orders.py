"""GET /orders/{id}/events: what becomes of an order, as it becomes."""

import asyncio
import json
import signal
import uuid
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from http_edge.reads import stream, streams
from tests.deadline import until, within
from tests.http_edge.conftest import World
from tests.http_edge.events import CANCELLED, Order, ended, follow, none_open
from topics import keys


@pytest_asyncio.fixture(loop_scope="session")
async def order(edge: World) -> AsyncGenerator[Order]:
    """One that has been placed. All streams are over afterwards."""
    made = Order(edge)
    await made.becomes("placed")
    yield made
    await until("all streams to be over", lambda: none_open(edge))


async def test_what_has_happened_comes_first_and_then_what_happens(edge: World, order: Order):
    async with follow(edge.client(order.user), order.id) as events:
        assert events.answer.headers["Content-Type"] == "text/event-stream"
        assert events.answer.headers["Cache-Control"] == "no-store"
        assert events.answer.headers["X-Accel-Buffering"] == "no"
        assert [await events.hears("the first moment")] == order.happened()
        await order.becomes("cancelled", CANCELLED, "Yanlış adres")
        assert await events.rest() == [*order.happened(since=1), ended("complete")]


async def test_a_change_is_there_within_a_second(edge: World, order: Order, monkeypatch: pytest.MonkeyPatch):
    """By its notice: nobody waits for the next round."""
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        await order.becomes("cancelled", CANCELLED)
        assert await events.hears("the cancellation") == order.happened()[1]
        await events.rest()


async def test_a_client_that_comes_back_gets_only_what_it_has_not(edge: World, order: Order):
    me = edge.client(order.user)
    async with follow(me, order.id) as events:
        first = await events.hears("the first moment")
    assert first is not None
    await order.becomes("cancelled", CANCELLED)
    async with follow(me, order.id, last=first.id) as events:
        assert await events.rest() == [*order.happened(since=1), ended("complete")]
    async with follow(me, order.id, last="0") as events:
        assert await events.rest() == [*order.happened(), ended("complete")]


async def test_who_has_all_of_an_ended_order_is_told_not_to_come_back(edge: World, order: Order):
    await order.becomes("cancelled", CANCELLED)
    me = edge.client(order.user)
    said = await me.call("GET", f"/orders/{order.id}/events", Last_Event_ID="2", Origin="http://localhost:3000")
    assert (said.status, said.raw) == (204, b"")
    assert said.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert (await me.call("GET", f"/orders/{order.id}/events", Last_Event_ID="7")).status == 204


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "²", "1 2", "0x1", "9" * 10])
async def test_an_id_that_is_none_is_named(edge: World, order: Order, last: str):
    said = await edge.client(order.user).call("GET", f"/orders/{order.id}/events", Last_Event_ID=last)
    assert (said.status, said.fields) == (422, ["Last-Event-ID"])


async def test_orders_of_others_and_those_that_are_not_there_are_404(edge: World, order: Order):
    stranger = edge.client(str(uuid.uuid4()))
    for name in (order.id, str(uuid.uuid4())):
        said = await stranger.call("GET", f"/orders/{name}/events")
        assert (said.status, said.problem["code"]) == (404, "not_found")


async def test_it_waits_for_the_view_and_for_the_callers_own_write(edge: World):
    order = Order(edge)
    await edge.redis.set(keys.wrote(order.user, "order"), f"{order.id}@1;")
    opening = asyncio.create_task(edge.client(order.user).call("HEAD", f"/orders/{order.id}/events"))
    await order.becomes("placed")
    assert (await opening).status == 200
    await edge.redis.delete(keys.view_ready("order_timeline"))
    said = await edge.client(order.user).call("GET", f"/orders/{order.id}/events")
    assert (said.status, said.problem["code"]) == (503, "view_not_ready")


async def test_a_head_is_answered_and_follows_nothing(edge: World, order: Order):
    said = await edge.client(order.user).call("HEAD", f"/orders/{order.id}/events")
    assert (said.status, said.raw, said.headers["Content-Type"]) == (200, b"", "text/event-stream")
    assert edge.edge.streams.count == 0


async def test_a_lost_notice_is_made_good(edge: World, order: Order, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.2)
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        await order.becomes("cancelled", CANCELLED, told=False)
        assert await events.rest() == [*order.happened(since=1), ended("complete")]


async def test_nothing_is_lost_or_doubled_while_redis_is_restarted(edge: World, monkeypatch: pytest.MonkeyPatch):
    """Neither what changed before it went, nor what changed while nobody listened; and nobody waits for the next round."""
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)
    orders = [Order(edge) for _ in range(20)]
    for each in orders:
        await each.becomes("placed")

    async def hears_all(order: Order) -> None:
        async with follow(edge.client(order.user), order.id) as events:
            heard = [await events.hears("what came while redis was away", 20) for _ in range(4)]
            assert heard == [*order.happened(), ended("complete")]

    async with asyncio.TaskGroup() as all_of_them:
        for each in orders:
            all_of_them.create_task(hears_all(each))
        await until("all streams to be open", lambda: as_many_open(edge, len(orders)))
        for each in orders[:10]:
            await each.becomes("placed", CANCELLED)
        await edge.servers.stop("redis", signal.SIGKILL)
        await edge.servers.start("redis")
        # the view is built again, and nobody is told: nobody may be listening yet
        for each in orders[10:]:
            await each.becomes("placed", CANCELLED, told=False)
        for each in orders[:10]:
            await each.write(told=False)
        await edge.ready()
        for each in orders:
            await each.becomes("cancelled", CANCELLED)


async def test_what_changes_while_nobody_listens_is_told_after_the_reconnect(
    edge: World, order: Order, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        await order.becomes("cancelled", CANCELLED, told=False)
        await edge.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert await events.rest() == [*order.happened(since=1), ended("complete")]


async def as_many_open(edge: World, count: int) -> bool:
    return edge.edge.streams.count == count


async def test_the_view_that_is_built_again_repeats_nothing(edge: World, order: Order):
    async with follow(edge.client(order.user), order.id) as events:
        await order.becomes("placed", CANCELLED)
        assert [await events.hears("a moment") for _ in range(2)] == order.happened()
        moments = order.moments
        await edge.redis.delete(keys.document("order_timeline", order.id))
        for count in (1, 2):
            order.moments = moments[:count]
            await order.write()
        await order.becomes("cancelled", CANCELLED)
        assert await events.rest() == [*order.happened(since=2), ended("complete")]


async def test_it_ends_with_its_token(edge: World, order: Order):
    async with follow(edge.client(order.user, seconds=5), order.id) as events:
        assert await events.rest() == [*order.happened(), ended("token_expired")]
    assert (await edge.client(order.user, seconds=-1).call("GET", f"/orders/{order.id}/events")).status == 401


async def test_it_ends_soon_after_a_logout(edge: World, order: Order):
    jti = uuid.uuid4().hex
    async with follow(edge.client(order.user, jti=jti), order.id) as events:
        await events.hears("the first moment")
        await edge.redis.set(keys.denied_token(jti), "1")
        assert await events.hears("the end") == ended("token_revoked")


async def test_who_has_logged_out_is_told_nothing_any_more(edge: World, order: Order):
    jti = uuid.uuid4().hex
    async with follow(edge.client(order.user, jti=jti), order.id) as events:
        await events.hears("the first moment")
        await edge.redis.set(keys.denied_token(jti), "1")
        await order.becomes("cancelled", CANCELLED)
        assert await events.rest() == [ended("token_revoked")]


async def test_nothing_is_told_until_the_deny_list_is_complete(edge: World, order: Order):
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        await edge.redis.delete(keys.DENY_READY)
        await order.becomes("placed", CANCELLED)
        looked = asyncio.ensure_future(events.next())
        for _ in range(20):  # many turns of the edge after the notice
            assert (await edge.client(order.user).call("GET", f"/orders/{order.id}/timeline")).status == 503
        assert not looked.done()
        await edge.redis.set(keys.DENY_READY, "")
        await order.becomes("cancelled", CANCELLED)
        assert await within("what was held back", looked) == order.happened()[1]
        await events.rest()


async def test_an_order_that_is_shown_no_more_ends_it(edge: World, order: Order):
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        await edge.redis.set(keys.document("order_timeline", order.id), "2\n")
        await edge.redis.publish(keys.CHANGES, json.dumps({"view": "order_timeline", "ids": [order.id]}))
        assert await events.rest() == [ended("not_shown")]


async def test_a_user_has_a_bound_and_so_has_the_process(edge: World, order: Order, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "MOST_OF_A_USER", 2)
    me, path = edge.client(order.user), f"/orders/{order.id}/events"
    async with follow(me, order.id), follow(me, order.id):
        said = await me.call("GET", path)
        assert (said.status, said.problem["code"]) == (429, "too_many_streams")
        assert said.headers["Retry-After"] == "2"
        monkeypatch.setattr(streams, "MOST", 2)
        said = await me.call("GET", path)
        assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (503, "streams_full", "2")
    await until("the bound to be free again", lambda: none_open(edge))
    async with follow(me, order.id):
        pass


async def test_a_silent_stream_beats(edge: World, order: Order, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", stream.CHECK_SECONDS)
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.1)
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        reading = asyncio.ensure_future(events.next())

        async def beaten() -> bool:
            return events.beats > 1

        await until("two beats", beaten)
        await order.becomes("cancelled", CANCELLED)
        assert await reading == order.happened()[1]
        await events.rest()


async def test_who_does_not_read_is_cut_off(edge: World, order: Order):
    """Without a reader everything waits: in the client's kernel, in ours, and then here."""
    big = "x" * 500
    authorization = f"Authorization: Bearer {edge.client(order.user).token}"
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port, limit=1024)
    writer.transport.pause_reading()
    writer.write(f"GET /orders/{order.id}/events HTTP/1.1\r\nHost: x\r\n{authorization}\r\n\r\n".encode())
    await until("the stream to be open", lambda: as_many_open(edge, 1))

    async def cut_off() -> bool:
        order.moments += [{"status": "placed", "at": CANCELLED, "reason": big}] * 500
        await order.write()
        return edge.edge.streams.count == 0

    await until("the client to be cut off", cut_off)
    writer.close()
    del reader


async def test_it_is_noticed_at_once_when_a_client_goes(edge: World, order: Order, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streams, "CHECK_SECONDS", 1000.0)  # nobody waits for the next round
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        events.answer.close()
        await until("the stream to be over", lambda: none_open(edge))


async def test_it_stands_in_the_access_log_once_it_is_over(edge: World, order: Order):
    edge.log.clear()
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        await order.becomes("cancelled", CANCELLED)
        await events.rest()

    async def logged() -> list[dict[str, object]]:
        lines = [json.loads(line) for bunch in edge.log for line in bunch.splitlines()]
        return [line for line in lines if (line["route"], line["caller"]) == ("/orders/{id}/events", order.user)]

    (line,) = await until("its line", logged)
    assert line["status"] == 200
    assert isinstance(line["ms"], float) and isinstance(line["bytes"], int) and line["bytes"] > 100


async def test_open_streams_are_counted(edge: World, order: Order):
    async def counted() -> str:
        text = (await edge.client().call("GET", "/metrics")).raw.decode()
        return next(line for line in text.splitlines() if line.startswith("lezzet_edge_streams_open"))

    async with follow(edge.client(order.user), order.id):
        assert await counted() == "lezzet_edge_streams_open 1.0"
    await until("the stream to be over", lambda: none_open(edge))
    assert await counted() == "lezzet_edge_streams_open 0.0"


async def test_it_is_described(edge: World):
    described = (await edge.client().call("GET", "/openapi.json")).json["paths"]["/orders/{id}/events"]["get"]
    assert list(described["responses"]["200"]["content"]) == ["text/event-stream"]
    assert {"204", "401", "404", "422", "429", "503"} <= described["responses"].keys()
    assert "Last-Event-ID" in [each["name"] for each in described["parameters"]]


async def test_a_client_that_breaks_off_while_it_opens_leaves_nothing(edge: World, order: Order):
    me = edge.client(order.user)

    async def tries() -> None:
        async with follow(me, order.id):
            pass

    for turns in range(30):
        trying = asyncio.create_task(tries())
        for _ in range(turns):
            await asyncio.sleep(0)
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)
    await until("nothing to be left", lambda: none_open(edge))


async def test_other_requests_go_on_over_other_connections(edge: World, order: Order):
    async with follow(edge.client(order.user), order.id) as events:
        await events.hears("the first moment")
        assert (await edge.client(order.user).call("GET", f"/orders/{order.id}/timeline")).json == order.moments
