"""What a restaurant's owner may say over HTTP."""

import uuid
from typing import Any

import pytest

from tests.http_edge.conftest import World


async def posted(edge: World, **more: Any):
    return await edge.client(str(uuid.uuid4())).call("POST", "/restaurants", {"name": "Lokanta", **more})


async def test_opening_hours_are_taken_past_midnight_and_several_a_day(edge: World):
    said = await posted(edge, opening_hours={"fri": "22:00-02:00", "mon": " 18:30 - 21:00,11:30-14:00"})
    assert said.status == 201, said.raw
    assert edge.domains.taken[-1].body["opening_hours"] == {"fri": "22:00-02:00", "mon": "11:30-14:00,18:30-21:00"}
    assert edge.domains.taken[-1].body["time_zone"] == "Europe/Istanbul"


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"opening_hours": {"fri": "11:00-11:00"}}, ["opening_hours.fri"]),
        ({"opening_hours": {"fri": "10:00-12:00,11:00-13:00"}}, ["opening_hours.fri"]),
        ({"time_zone": "Europe/Constantinople Two"}, ["time_zone"]),
        ({"phone_number": "000000", "opening_hours": {"sat": "9-5"}}, ["phone_number", "opening_hours.sat"]),
    ],
)
async def test_what_cannot_be_is_refused_by_its_name(edge: World, more: dict[str, Any], fields: list[str]):
    said = await posted(edge, **more)
    assert (said.status, said.fields) == (422, fields)
    assert edge.domains.taken == []


async def test_null_takes_a_phone_number_and_an_address_away(edge: World):
    body = {"phone_number": None, "email": None, "status": "closed"}
    said = await edge.client(str(uuid.uuid4())).call("PUT", f"/restaurants/{uuid.uuid4()}", body)
    assert said.status == 200, said.raw
    sent = edge.domains.taken[-1].body
    assert (sorted(sent["clears"]), sent["status"], sent["name"]) == (["email", "phone_number"], "closed", None)


@pytest.mark.parametrize("field", ["name", "description", "opening_hours", "cuisines", "prep_time", "time_zone"])
async def test_null_takes_nothing_else_away(edge: World, field: str):
    said = await edge.client(str(uuid.uuid4())).call("PUT", f"/restaurants/{uuid.uuid4()}", {field: None})
    assert (said.status, said.fields) == (422, [field])
    assert edge.domains.taken == []


async def test_what_a_client_got_can_be_put_back_whole(edge: World):
    got = {
        "id": "r", "name": "Lokanta", "description": "", "logo": "", "phone_number": None, "email": None,
        "address": {"title": "", "address": "", "city": "", "district": "", "full_address": "", "zip_code": "",
                    "latitude": None, "longitude": None},
        "status": "open", "opening_hours": {}, "time_zone": "Europe/Istanbul", "cuisines": [], "prep_time": 30,
        "rating_avg": 0.0, "rating_count": 0, "delivery_fee": 0.0, "min_order_price": 0.0, "open_now": True,
        "created_at": "2026-03-01T18:30:00Z", "updated_at": "2026-03-01T18:30:00Z",
    }  # fmt: skip
    said = await edge.client(str(uuid.uuid4())).call("PUT", f"/restaurants/{uuid.uuid4()}", got)
    assert said.status == 200, said.raw
