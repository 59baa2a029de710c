"""What a write answers, and when: 201/200, 202, 503, and the same again with an Idempotency-Key."""

import asyncio
import base64
import json
import time
import uuid

import nacl.public
import pytest

from http_edge.routing.routes import CommandRow
from stores.redis.fates import Fates
from tests.deadline import BUSY
from tests.http_edge.conftest import World
from tests.http_edge.documents import meal, stored
from tests.http_edge.domains import Command, done, refused, sealed
from tests.http_edge.requests import BODIES, PICTURE, PICTURES, ROUTES, path_of, prepared_path
from topics import keys
from topics.messages import headers
from topics.messages.ids import derive
from topics.messages.reply import Wrote

LINE = {"meal_id": "m-1", "quantity": 1}
TOKENS = {"access_token": "a", "refresh_token": "r", "token": "a"}


def silent(command: Command) -> None:
    return None


async def test_a_command_says_all_about_itself(edge: World):
    me = str(uuid.uuid4())
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    before = int(time.time() * 1000)
    said = await edge.client(me).call("POST", "/carts/add", LINE | {"note": "az"}, traceparent=parent)
    assert said.status == 200
    (command,) = edge.domains.taken
    assert (command.topic, command.key, command.body["note"]) == ("basket_commands", me, "az")
    found = command.headers
    assert found[headers.TYPE] == "AddItem"
    assert found[headers.SOURCE] == "lezzet/edge"
    assert found[headers.SUBJECT] == me
    assert found[headers.ID] == found[headers.OPERATION]
    assert found[headers.TRACEPARENT] == parent
    assert found[headers.CORRELATION] == said.headers["X-Correlation-Id"] == parent[3:35]
    off = 100  # ms: acknowledgements tell the broker's clock, as exactly as they are fast
    assert before + 2000 - off <= int(found[headers.DEADLINE]) <= int(time.time() * 1000) + 2000 + off


async def test_a_command_says_what_its_caller_has_seen_and_written(edge: World):
    me = str(uuid.uuid4())
    await edge.redis.set(keys.document("meal", "m-1"), stored(3, meal("m-1")))
    await edge.redis.set(keys.wrote(me, "catalog"), "m-1@2;m-2@7;")
    await edge.redis.set(keys.wrote(me, "restaurant"), "r-1@1;")
    await edge.redis.set(keys.wrote("somebody", "restaurant"), "r-9@1;")
    await edge.client(me).call("POST", "/carts/add", LINE)
    (command,) = edge.domains.taken
    after = {tuple(each) for each in json.loads(command.headers[headers.AFTER])}
    assert after == {("catalog", "m-1", 3), ("catalog", "m-2", 7), ("restaurant", "r-1", 1)}


async def test_who_has_seen_nothing_says_nothing(edge: World):
    await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE)
    (command,) = edge.domains.taken
    assert headers.AFTER not in command.headers


async def test_a_password_leaves_the_edge_sealed(edge: World):
    assert (await edge.client().call("POST", "/auth/register", BODIES["POST /auth/register"])).status == 201
    (command,) = edge.domains.taken
    assert "correct horse" not in str(command)
    box = base64.b64decode(command.body["password_box"])
    assert nacl.public.SealedBox(edge.keys.auth_box).decrypt(box) == b"correct horse"


@pytest.mark.parametrize(
    "row", [row for row in ROUTES if isinstance(row, CommandRow) and row.tokens], ids=lambda row: row.name
)
async def test_tokens_come_back_sealed(edge: World, row: CommandRow):
    edge.domains.behave(lambda command: sealed(command, TOKENS))
    said = await edge.client().call(row.method, path_of(row), BODIES[row.name])
    assert (said.status, said.json) == (200, TOKENS)


async def test_tokens_never_come_late(edge: World):
    edge.domains.behave(silent)
    said = await edge.client().call("POST", "/auth/login", BODIES["POST /auth/login"])
    assert (said.status, said.problem["code"]) == (503, "not_taken")
    (command,) = edge.domains.taken
    assert await edge.redis.get(keys.fate(command.id)) == keys.WITHDRAWN, "its domain does no work for nobody"


async def test_tokens_that_come_late_all_the_same_are_nobodys(edge: World):
    def taken(command: Command) -> None:
        taking.append(asyncio.ensure_future(Fates(edge.redis).take([command.id])))

    taking: list[asyncio.Future[set[str]]] = []
    edge.domains.behave(taken)
    said = await edge.client().call("POST", "/auth/login", BODIES["POST /auth/login"])
    assert (said.status, said.problem["code"]) == (503, "answer_late")


async def test_an_operation_is_told_of_after_its_reply_is_no_longer_kept(edge: World):
    me = str(uuid.uuid4())
    edge.domains.behave(silent)
    place = (await edge.client(me).call("POST", "/carts/add", LINE)).headers["Location"]
    (command,) = edge.domains.taken
    await edge.domains.send(refused(command, "meal_unavailable", "sold out"), edge.edge.id)
    await edge.redis.delete(keys.reply(command.id))
    found = await edge.client(me).call("GET", place)
    assert (found.json["status"], found.json["code"], found.json["detail"]) == (
        "failed",
        "meal_unavailable",
        "sold out",
    )
    assert (await edge.client(str(uuid.uuid4())).call("GET", place)).status == 404


async def test_a_key_is_good_after_its_reply_is_no_longer_kept(edge: World):
    """The command goes out again with its id: its domain knows it, and answers with the first outcome."""
    me, key = edge.client(str(uuid.uuid4())), uuid.uuid4().hex
    edge.domains.behave(lambda command: refused(command, "expired"))
    assert (await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)).status == 503
    edge.domains.behave(lambda command: done(command, {"id": command.id}))
    first = await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)
    replies = [name async for name in edge.redis.scan_iter(match=keys.reply("*"))]
    assert len(replies) == 2 and await edge.redis.delete(*replies) == 2
    again = await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)
    assert (again.status, again.json) == (200, first.json), "of the second attempt: the first one never took effect"


@pytest.mark.parametrize("row", [row for row in ROUTES if isinstance(row, CommandRow)], ids=lambda row: row.name)
async def test_each_refusal_has_the_status_of_its_row(edge: World, row: CommandRow):
    me = str(uuid.uuid4())
    path = await prepared_path(edge.redis, row, me)
    for code, status in {**row.refusals, "not_found": 404, "something_new": 409, "expired": 503}.items():
        edge.domains.behave(lambda command, code=code: refused(command, code, "not now"))
        picture = PICTURE if row.name in PICTURES else None
        said = await edge.client(me).call(row.method, path, BODIES.get(row.name), raw=picture)
        assert said.status == status
        assert said.problem["code"] == ("not_taken" if code == "expired" else code)


async def test_null_takes_away_what_a_line_may_lack(edge: World):
    edge.domains.behave(done)
    client, path = edge.client(str(uuid.uuid4())), "/carts/update/m-1"
    for body in ({"note": None, "quantity": 2}, {"note": None, "schedule_date": None}, {"note": ""}, {}):
        assert (await client.call("PATCH", path, body)).status == 200
    assert [command.body["clears"] for command in edge.domains.taken] == [["note"], ["note", "schedule_date"], [], []]
    assert [command.body["quantity"] for command in edge.domains.taken] == [2, None, None, None]
    said = await client.call("PATCH", path, {"quantity": None})
    assert (said.status, said.fields) == (422, ["quantity"])


async def test_a_slow_write_is_202_and_its_outcome_can_be_looked_up(edge: World):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    edge.domains.behave(silent)
    began = time.monotonic()
    said = await edge.client(me).call("POST", "/carts/add", LINE)
    assert said.status == 202 and 1.9 < time.monotonic() - began < BUSY
    place = said.headers["Location"]
    assert said.json["status"] == "pending" and place == f"/operations/{said.json['operation_id']}"
    assert (await edge.client(me).call("GET", place)).json["status"] == "pending"
    assert (await edge.client(other).call("GET", place)).status == 404
    (command,) = edge.domains.taken
    await edge.domains.send(done(command, {"ok": 1}), edge.edge.id)
    found = await edge.client(me).call("GET", place)
    assert (found.json["status"], found.json["result"]) == ("done", {"ok": 1})
    assert (await edge.client(other).call("GET", place)).status == 404


async def test_a_late_checkout_is_estimated(edge: World):
    me = str(uuid.uuid4())
    meal = (
        '{"id":"m-1","restaurant_id":"r-1","name":"Pide","description":"","isAvailable":true,"price":10050,'
        '"image_url":"","cuisine":"","complementary_ids":[],"options":[],'
        '"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}'
    )
    await edge.redis.set(keys.document("meal", "m-1"), f"1\n{meal}")
    edge.domains.behave(silent)
    body = {"payment_method": "cash", "items": [{"meal_id": "m-1", "quantity": 2, "note": "az"}]}
    said = await edge.client(me).call("POST", "/carts/checkout", body)
    assert said.status == 202
    (command,) = edge.domains.taken
    assert said.json["id"] == derive(command.id, "order")
    assert (said.json["total"], said.json["discount"], said.json["estimated"]) == (201.0, 0.0, True)
    assert said.json["items"][0]["quantity"] == 2


async def test_a_reply_that_was_published_to_nobody_is_found_where_it_is_stored(edge: World):
    def stored_only(command: Command) -> None:
        asyncio.get_running_loop().create_task(edge.domains.send(done(command, {"n": 1}), "another edge"))

    edge.domains.behave(stored_only)
    said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE)
    assert (said.status, said.json) == (200, {"n": 1})


async def test_an_idempotency_key_gets_the_same_answer_again(edge: World):
    me, key = edge.client(str(uuid.uuid4())), uuid.uuid4().hex
    edge.domains.behave(lambda command: done(command, {"id": command.id}))
    first = await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)
    again = await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)
    assert first.json == again.json and len(edge.domains.taken) == 1
    other = await me.call("POST", "/carts/add", LINE | {"quantity": 2}, Idempotency_Key=key)
    assert (other.status, other.problem["code"]) == (422, "idempotency_key_reused")
    somebody = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE, Idempotency_Key=key)
    assert somebody.json != first.json, "keys are each caller's own"


async def test_anonymous_callers_do_not_share_a_key_by_chance(edge: World):
    edge.domains.behave(lambda command: done(command, {"message": command.id}))
    one, two = ({"email": f"{name}@example.com", "password": "correct horse"} for name in ("a", "b"))
    first = await edge.client().call("POST", "/auth/register", one, Idempotency_Key="k")
    second = await edge.client().call("POST", "/auth/register", two, Idempotency_Key="k")
    again = await edge.client().call("POST", "/auth/register", one, Idempotency_Key="k")
    assert first.json == again.json != second.json


async def test_a_key_whose_command_was_withdrawn_is_good_for_another_try(edge: World):
    me, key = edge.client(str(uuid.uuid4())), uuid.uuid4().hex
    edge.domains.behave(lambda command: refused(command, "expired"))
    assert (await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)).status == 503
    edge.domains.behave()
    assert (await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)).status == 200


async def test_a_further_attempt_of_a_key_names_those_before_it(edge: World):
    """One of them may be done, though it was withdrawn: a repeat of it, long after its reply was forgotten."""
    me, key = edge.client(str(uuid.uuid4())), uuid.uuid4().hex
    edge.domains.behave(lambda command: refused(command, "expired"))
    for _ in range(3):
        assert (await me.call("POST", "/carts/add", LINE, Idempotency_Key=key)).status == 503
    one, two, three = edge.domains.taken
    said = [command.headers.get(headers.EARLIER) for command in (one, two, three)]
    assert said == [None, one.id, f"{one.id},{two.id}"]


@pytest.mark.parametrize("key", ["", "a" * 256, "ğ"])
async def test_a_bad_idempotency_key_is_400(edge: World, key: str):
    said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", LINE, Idempotency_Key=key)
    assert (said.status, said.fields) == (400, ["Idempotency-Key"])


async def test_a_log_out_answers_when_the_deny_list_has_it(edge: World):
    me = str(uuid.uuid4())

    def ended(command: Command):
        return done(command, wrote=(Wrote("auth", me, 3),))

    edge.domains.behave(ended)
    said = await edge.client(me).call("POST", "/auth/logout")
    assert said.status == 202, "done, but the deny-list does not have it: a 503 would be a lie"
    assert said.headers["Location"].startswith("/operations/")
    asking = asyncio.create_task(edge.client(me).call("POST", "/auth/logout"))
    await edge.redis.set(keys.document("deny", me), "3\n{}")
    assert (await asking).status == 200
