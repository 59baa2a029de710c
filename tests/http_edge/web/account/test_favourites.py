"""Favourites are shown with their restaurants as these are now; cuisines are named by any text of the path."""

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from topics import keys

AT = "2026-01-01T12:00:00Z"


def favourite(restaurant: str) -> dict[str, Any]:
    return {"restaurant_id": restaurant, "name": "", "logo": "", "cuisines": [], "status": "", "created_at": AT}


async def put_restaurant(edge: World, id: str, name: str, version: int = 1) -> None:
    """Of a restaurant's document only what is shown here."""
    said = {"id": id, "name": name, "logo": "l", "cuisines": ["kebap"], "status": "open", "rating_avg": 4.5}
    await edge.redis.set(keys.document("restaurant", id), stored(version, said))


async def test_nobody_starts_with_favourites(edge: World):
    said = await edge.client(str(uuid.uuid4())).call("GET", "/favorites")
    assert said.json == {"restaurants": [], "cuisines": []}


async def test_a_favourite_is_shown_with_its_restaurant_as_it_is_now(edge: World):
    me = str(uuid.uuid4())
    cuisines = [{"cuisine": "Ege mutfağı", "created_at": AT}]
    document = {"restaurants": [favourite("a"), favourite("b")], "cuisines": cuisines}
    await edge.redis.set(keys.document("favourites", me), stored(1, document))
    await put_restaurant(edge, "a", "Mahmut")
    for version, name in enumerate(("Mahmut", "Kebapçı Mahmut"), 1):
        await put_restaurant(edge, "a", name, version)
        found = (await edge.client(me).call("GET", "/favorites")).json
        assert found["cuisines"] == cuisines
        now = {
            "restaurant_id": "a",
            "name": name,
            "logo": "l",
            "cuisines": ["kebap"],
            "status": "open",
            "created_at": AT,
        }
        assert found["restaurants"] == [now, favourite("b")], "one whose document is missing has empty texts"


@pytest.mark.parametrize("cuisine", ["Ege mutfağı", "çiğ köfte & dürüm", "a/b", "ŞİŞ", "%", "k" * 256])
async def test_a_cuisine_is_taken_out_by_its_text(edge: World, cuisine: str):
    me = str(uuid.uuid4())
    assert (await edge.client(me).call("DELETE", f"/favorites/cuisine/{quote(cuisine, safe='')}")).status == 200
    sent = edge.domains.taken[-1]
    assert (sent.key, sent.body) == (me, {"cuisine": cuisine})


@pytest.mark.parametrize("cuisine", [" ", "\t", "k" * 257])
async def test_what_can_be_no_cuisine_is_not_found(edge: World, cuisine: str):
    said = await edge.client(str(uuid.uuid4())).call("DELETE", f"/favorites/cuisine/{quote(cuisine, safe='')}")
    assert (said.status, said.fields) == (404, ["cuisine"])


@pytest.mark.parametrize("cuisine", ["", "   ", "k" * 61, "Köfte\u202eci", "\u200b"])
async def test_a_blank_or_overlong_cuisine_is_no_favourite(edge: World, cuisine: str):
    said = await edge.client(str(uuid.uuid4())).call("POST", "/favorites/cuisine", {"cuisine": cuisine})
    assert (said.status, said.fields) == (422, ["cuisine"])


async def test_a_cuisine_is_sent_in_its_normal_form_and_limited_in_it(edge: World):
    decomposed = "g\u0306" * 60
    said = await edge.client(str(uuid.uuid4())).call("POST", "/favorites/cuisine", {"cuisine": f" {decomposed} "})
    assert (said.status, edge.domains.taken[-1].body) == (201, {"cuisine": "ğ" * 60})


async def test_everybody_wants_all_mails_until_they_say_otherwise(edge: World):
    me = str(uuid.uuid4())
    path = "/users/me/notification-preferences"
    everything = {"campaigns": True, "order_updates": True, "email": True, "restaurant_orders": True, "language": "tr"}
    assert (await edge.client(me).call("GET", path)).json == everything
    document = everything | {"campaigns": False}
    await edge.redis.set(keys.document("preferences", me), stored(1, document))
    assert (await edge.client(me).call("GET", path)).json == document
    assert (await edge.client(me).call("PUT", path, {"email": "yes"})).fields == ["email"]
    assert (await edge.client(me).call("PUT", path, {"language": "de"})).fields == ["language"]
