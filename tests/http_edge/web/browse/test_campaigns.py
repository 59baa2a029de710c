"""Campaigns over HTTP: those that are not over, the running ones first."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.http_edge.conftest import World
from tests.http_edge.documents import stored
from tests.http_edge.domains import Command, refused
from topics import keys

GOOD = {"restaurant_id": "r-1", "title": "Yarım fiyat", "start_date": "2026-11-26", "end_date": "2026-11-29"}


def campaign(id: str, begins: int, ends: int, restaurant: str) -> dict[str, Any]:
    """begins, ends: hours from now."""
    now = datetime.now(UTC)
    return {
        "id": id, "title": "Yarım fiyat", "description": "", "restaurant_id": restaurant, "restaurant_name": "Lokanta",
        "start_date": (now + timedelta(hours=begins)).isoformat(), "created_at": now.isoformat(),
        "end_date": (now + timedelta(hours=ends)).isoformat(),
    }  # fmt: skip


async def put(edge: World, restaurant: str, *campaigns: dict[str, Any], version: int = 1) -> None:
    await edge.redis.set(keys.document("campaigns", restaurant), stored(version, {"campaigns": list(campaigns)}))
    ends = {
        keys.part(restaurant, each["id"]): datetime.fromisoformat(each["end_date"]).timestamp() for each in campaigns
    }
    for place in (None, restaurant):
        await edge.redis.zadd(keys.index("campaigns", keys.campaigns(place)), ends)


async def listed(edge: World, query: str = "") -> list[str]:
    said = await edge.client().call("GET", f"/campaigns{query}")
    assert said.status == 200, said.raw
    return [each["id"] for each in said.json]


async def test_what_is_over_is_not_shown_and_what_runs_comes_first_by_its_end(edge: World):
    await put(edge, "r-1", campaign("over", -9, -1, "r-1"), campaign("long", -5, 9, "r-1"))
    await put(edge, "r-2", campaign("to-come", 1, 2, "r-2"), campaign("short", -1, 1, "r-2"))
    await put(edge, "r-3", campaign("gone", -9, -1, "r-3"))
    assert await listed(edge) == ["short", "long", "to-come"]


async def test_those_of_one_restaurant_can_be_asked_for(edge: World):
    await put(edge, "r-1", campaign("a", -5, 9, "r-1"))
    await put(edge, "r-2", campaign("b", -5, 9, "r-2"))
    assert await listed(edge, "?restaurant_id=r-2") == ["b"]
    assert await listed(edge, "?restaurant_id=nobodys") == []
    said = await edge.client().call("GET", "/campaigns?restaurant_id=%20")
    assert (said.status, said.fields) == (422, ["restaurant_id"])


async def test_where_there_is_none_the_list_is_bare_and_empty(edge: World):
    assert (await edge.client().call("GET", "/campaigns")).raw == b"[]"


async def test_an_item_has_what_the_contract_names(edge: World):
    await put(edge, "r-1", campaign("a", -5, 9, "r-1"))
    (item,) = (await edge.client().call("GET", "/campaigns/")).json
    assert set(item) == {
        "id", "title", "description", "start_date", "end_date", "restaurant_id", "restaurant_name", "created_at",
    }  # fmt: skip


async def test_a_campaign_goes_to_its_restaurant(edge: World):
    me = str(uuid.uuid4())
    said = await edge.client(me).call("POST", "/campaigns", {**GOOD, "title": "  Yarım fiyat "})
    assert said.status == 201, said.raw
    taken = edge.domains.taken[-1]
    assert (taken.topic, taken.key, taken.body["title"]) == ("restaurant_commands", "r-1", "Yarım fiyat")
    assert taken.body["description"] == ""


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"title": "x" * 121}, ["title"]), ({"title": " "}, ["title"]), ({"description": "x" * 2001}, ["description"]),
        ({"start_date": "tomorrow"}, ["start_date"]), ({"end_date": "2026-02-30"}, ["end_date"]),
        ({"end_date": "2026-12-01T19:30<svg/onload=alert(1)>"}, ["end_date"]),
        ({"title": "", "start_date": "", "restaurant_id": None}, ["restaurant_id", "title", "start_date"]),
    ],
)  # fmt: skip
async def test_what_no_mail_and_no_calendar_takes_is_refused_by_its_name(
    edge: World, more: dict[str, Any], fields: list[str]
):
    said = await edge.client(str(uuid.uuid4())).call("POST", "/campaigns", {**GOOD, **more})
    assert (said.status, said.fields) == (422, fields)
    assert edge.domains.taken == []


@pytest.mark.parametrize(("code", "status"), [("not_found", 404), ("too_many_campaigns", 409), ("invalid_input", 422)])
async def test_refusals_have_their_status(edge: World, code: str, status: int):
    def no(command: Command):
        return refused(command, code)

    edge.domains.behave(no)
    said = await edge.client(str(uuid.uuid4())).call("POST", "/campaigns", GOOD)
    assert (said.status, said.problem["code"]) == (status, code)


async def test_the_owner_sees_a_campaign_at_once(edge: World):
    """The read waits for the view to have what the caller wrote."""
    me = str(uuid.uuid4())
    await put(edge, "r-1", campaign("a", -5, 9, "r-1"))
    await edge.redis.set(keys.wrote(me, "restaurant"), "r-1@2;")
    said = await edge.client(me).call("GET", "/campaigns")
    assert (said.status, said.problem["code"]) == (503, "view_behind")
    await put(edge, "r-1", campaign("a", -5, 9, "r-1"), campaign("b", -5, 8, "r-1"), version=2)
    assert [each["id"] for each in (await edge.client(me).call("GET", "/campaigns")).json] == ["b", "a"]
