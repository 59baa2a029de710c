"""What people and programs write, at the edge: what is taken, in which form, and what is refused in which words."""

import uuid
from typing import Any

import pytest

from tests.http_edge.conftest import World

PERSON = {"full_name": "Ayşe Yılmaz", "born_date": "1990-05-01", "gender": "female", "phone": "+905551112233"}


async def refused(edge: World, method: str, path: str, body: Any) -> dict[str, str]:
    """Field → why, of a 422 whose detail says it all, too. Nothing went to a domain."""
    said = await edge.client(str(uuid.uuid4())).call(method, path, body)
    assert said.status == 422, said.raw
    errors = {each["field"]: each["why"] for each in said.problem["errors"]}
    assert all(f"{field}: {why}" in said.problem["detail"] for field, why in errors.items())
    assert edge.domains.taken == []
    return errors


async def taken(edge: World, method: str, path: str, body: Any) -> dict[str, Any]:
    """The command's body as the domain gets it."""
    said = await edge.client(str(uuid.uuid4())).call(method, path, body)
    assert said.status in (200, 201), said.raw
    return edge.domains.taken[-1].body


async def test_every_wrong_field_of_a_request_is_told_at_once(edge: World):
    body = {"meal_id": "m-1", "quantity": 0, "note": 7, "schedule_date": "soon"}
    assert await refused(edge, "POST", "/carts/add", body) == {
        "quantity": "at least 1",
        "note": "text is needed, not a number",
        "schedule_date": "is neither a date nor a time such as 2026-03-01T19:30",
    }


async def test_allowed_values_are_listed(edge: World):
    errors = await refused(edge, "POST", "/carts/checkout", {"payment_method": "gold", "items": [{"quantity": 0}]})
    assert errors == {
        "payment_method": "must be one of cash, credit_card, pos",
        "items[0].meal_id": "is required",
        "items[0].quantity": "at least 1",
    }


@pytest.mark.parametrize(
    "address",
    ["YASİN@example.com", "İ" * 200 + "@example.com", "a..b@example.com", ".a@example.com", "a@b..com", "a@-b.com"],
)
async def test_an_address_that_no_mail_can_reach_is_refused(edge: World, address: str):
    errors = await refused(edge, "POST", "/auth/register", {"email": address, "password": "correct horse"})
    assert list(errors) == ["email"]
    if address.startswith("YAS"):
        assert "İ" in errors["email"], "the letter is named"


async def test_a_domain_in_other_letters_is_kept_in_punycode(edge: World):
    body = await taken(edge, "POST", "/auth/register", {"email": "Ayse@Örnek.com.tr ", "password": "correct horse"})
    assert body["email"] == "ayse@xn--rnek-4qa.com.tr"


@pytest.mark.parametrize("name", ["\u200b", "Köfteci \u202emoc.kötü", " ", "a\u0007b"])
@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/users/register/complete", PERSON, "full_name"),
        ("POST", "/restaurants", {}, "name"),
        ("POST", "/meals/", {"restaurant_id": "r-1", "price": 1}, "name"),
        ("POST", "/addresses/", {"address": "a", "city": "b", "district": "c"}, "title"),
        ("POST", "/favorites/cuisine", {}, "cuisine"),
    ],
)
async def test_a_name_needs_to_be_seen_as_it_is(
    edge: World, method: str, path: str, body: dict[str, Any], field: str, name: str
):
    assert list(await refused(edge, method, path, body | {field: name})) == [field]


async def test_a_note_may_spell_a_nul_but_not_hold_one(edge: World):
    line = {"meal_id": "m-1", "quantity": 1}
    assert (await taken(edge, "POST", "/carts/add", line | {"note": "\\u0000"}))["note"] == "\\u0000"
    edge.domains.taken.clear()
    assert list(await refused(edge, "POST", "/carts/add", line | {"note": "a\0b"})) == ["note"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("22:00-02:00", "22:00-02:00"),
        ("18:30-21:00, 11:30-14:00", "11:30-14:00,18:30-21:00"),
        ("10:00-00:00", "10:00-24:00"),
    ],
)
async def test_hours_may_have_several_ranges_and_go_past_midnight(edge: World, said: str, kept: str):
    body = await taken(edge, "POST", "/restaurants", {"name": "Lokanta", "opening_hours": {"fri": said}})
    assert body["opening_hours"] == {"fri": kept}


async def test_hours_that_are_none_are_told_by_their_day(edge: World):
    hours = {"mon": "11:00-11:00", "tue": "10:00-12:00,11:00-13:00", "wed": "9-5", "sat": "09:00-17:00"}
    errors = await refused(edge, "POST", "/restaurants", {"name": "Lokanta", "opening_hours": hours})
    assert set(errors) == {"opening_hours.mon", "opening_hours.tue", "opening_hours.wed"}


@pytest.mark.parametrize(
    "said", ["2026-12-01T19:30<svg/onload=alert(1)>", "2026-02-30", "2026-12-01T24:01", "tomorrow"]
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/carts/add", {"meal_id": "m-1", "quantity": 1}),
        ("PATCH", "/carts/update/m-1", {}),
        ("POST", "/carts/checkout", {"payment_method": "cash"}),
    ],
)
async def test_a_date_is_parsed_and_not_matched_by_its_beginning(
    edge: World, method: str, path: str, body: dict[str, Any], said: str
):
    assert list(await refused(edge, method, path, body | {"schedule_date": said})) == ["schedule_date"]


@pytest.mark.parametrize(
    ("said", "kept"), [("(0532) 111 22 33", "+905321112233"), ("+44 20 7946 0958", "+442079460958")]
)
async def test_a_phone_number_is_kept_in_its_international_form(edge: World, said: str, kept: str):
    assert (await taken(edge, "POST", "/users/register/complete", PERSON | {"phone": said}))["phone"] == kept


@pytest.mark.parametrize("said", ["000000", "0))))))", "", "call me"])
async def test_a_phone_number_that_cannot_be_is_refused(edge: World, said: str):
    assert list(await refused(edge, "POST", "/users/register/complete", PERSON | {"phone": said})) == ["phone"]


@pytest.mark.parametrize("said", ["YAZ10 ", "yaz10", "Yaz10"])
async def test_a_coupon_is_trimmed_and_its_case_does_not_count(edge: World, said: str):
    assert (await taken(edge, "POST", "/carts/coupon", {"code": said}))["code"] == "YAZ10"


@pytest.mark.parametrize("said", ["İNDİRİM", "indirim", "INDIRIM"])
async def test_turkish_and_english_letters_name_the_same_coupon(edge: World, said: str):
    body = await taken(edge, "POST", "/carts/checkout", {"payment_method": "cash", "coupon_code": said})
    assert body["coupon_code"] == "INDIRIM"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users/me", {"full_name": None, "gender": "x"}),
        ("/users/me/notification-preferences", {"campaigns": None}),
        ("/meals/m-1", {"price": None}),
        ("/restaurants/r-1", {"name": None}),
    ],
)
async def test_null_changes_nothing_and_is_refused(edge: World, path: str, body: dict[str, Any]):
    assert list(await refused(edge, "PUT", path, body)) == [next(iter(body))]
