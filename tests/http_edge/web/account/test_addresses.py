"""Single addresses are given out of the one document that holds a user's book."""

import json
import uuid
from typing import Any

from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from tests.http_edge.domains import done
from topics import keys
from topics.messages.reply import Wrote


def address(id: str, user: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "entity_type": "user", "entity_id": user, "user_id": user, "title": "Ev", "address": "Moda 12",
        "city": "İstanbul", "district": "Kadıköy", "full_address": "", "zip_code": "", "apartment": None, "floor": None,
        "door_number": None, "latitude": None, "longitude": None, "is_default": False,
        "created_at": "2026-01-01T12:00:00Z", "updated_at": "2026-01-01T12:00:00Z", **more,
    }  # fmt: skip


async def put_book(edge: World, user: str, *addresses: dict[str, Any], version: int = 1) -> None:
    await edge.redis.set(keys.document("address", user), stored(version, {"addresses": addresses}))


async def test_a_book_is_a_bare_list_with_and_without_a_slash(edge: World):
    me = str(uuid.uuid4())
    for path in ("/addresses", "/addresses/"):
        assert (await edge.client(me).call("GET", path)).json == []
    home, work = address("home", me, is_default=True), address("work", me, title="İş")
    await put_book(edge, me, home, work)
    for path in ("/addresses", "/addresses/"):
        assert (await edge.client(me).call("GET", path)).json == [home, work]


async def test_other_fields_of_the_book_do_not_show_in_the_list(edge: World):
    me = str(uuid.uuid4())
    home = address("home", me, title='"addresses":[]')
    for document in ({"addresses": [home], "changes": [1]}, {"changes": [1], "addresses": [home]}):
        await edge.redis.set(keys.document("address", me), stored(1, document))
        assert (await edge.client(me).call("GET", "/addresses/")).json == [home]


async def test_an_address_is_given_out_of_the_book_by_its_id(edge: World):
    me, other = str(uuid.uuid4()), str(uuid.uuid4())
    home, work = address("home", me), address("work", me, title='"id":"mum"')
    await put_book(edge, me, home, work)
    await put_book(edge, other, address("theirs", other))
    for each in (home, work):
        said = await edge.client(me).call("GET", f"/addresses/{each['id']}")
        assert (said.status, said.json) == (200, each)
    for absent in ("mum", "theirs"):
        said = await edge.client(me).call("GET", f"/addresses/{absent}")
        assert (said.status, said.problem["code"]) == (404, "not_found")
    await put_book(edge, me, version=2)
    assert (await edge.client(me).call("GET", "/addresses/home")).status == 404


async def test_a_put_takes_the_whole_body_of_the_get(edge: World):
    me = str(uuid.uuid4())
    await put_book(edge, me, address("home", me))
    body = (await edge.client(me).call("GET", "/addresses/home")).json
    assert (await edge.client(me).call("PUT", "/addresses/home", body)).status == 200
    sent = edge.domains.taken[-1]
    assert (sent.key, sent.body["address_id"], sent.body["apartment"]) == (me, "home", None)


async def test_an_address_of_the_path_wins_over_one_of_the_body(edge: World):
    me = str(uuid.uuid4())
    body = address("other", me) | {"address_id": "other"}
    assert (await edge.client(me).call("PUT", "/addresses/home", body)).status == 200
    assert edge.domains.taken[-1].body["address_id"] == "home"


async def test_a_read_after_ones_own_write_waits_for_it(edge: World):
    me = str(uuid.uuid4())
    await put_book(edge, me, address("home", me))
    edge.domains.behave(lambda command: done(command, wrote=(Wrote("address", me, 2),)))
    assert (await edge.client(me).call("DELETE", "/addresses/home")).status == 200
    said = await edge.client(me).call("GET", "/addresses/home")
    assert (said.status, said.problem["code"]) == (503, "view_behind")
    await put_book(edge, me, version=2)
    assert (await edge.client(me).call("GET", "/addresses/home")).status == 404


async def test_every_fault_of_an_address_is_named(edge: World):
    body = {"title": " ", "address": "a" * 501, "city": "x\u202ey", "latitude": 91, "longitude": 0}
    said = await edge.client(str(uuid.uuid4())).call("POST", "/addresses", json.loads(json.dumps(body)))
    assert (said.status, said.fields) == (422, ["title", "address", "city", "district", "latitude"])
