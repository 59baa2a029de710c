from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict

from agents.restaurant.decider import DECIDER
from agents.restaurant.limits import RESTAURANTS
from agents.restaurant.projection import RESTAURANT, indexes
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts.restaurant_commands import ChangeRestaurant, OpenRestaurant
from topics.contracts.restaurant_events import TOPIC, RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.documents.browse import Restaurant, RestaurantNow
from topics.values.areas import Corner, DeliveryArea
from topics.values.fields import Address, DayOff

OWNER = "owner-1"
BEYOGLU = Address(city="İstanbul", district="Beyoğlu")
DETAILS = RestaurantDetails(
    name="Mahmut", address=BEYOGLU, opening_hours={"mon": "09:00-22:00"}, cuisines=("kebap",), delivery_fee=2_990
)
OPENED = RestaurantOpened(owner_id=OWNER, details=DETAILS, opened_at=NOW)
OPEN = OpenRestaurant(
    name="Mahmut", address=BEYOGLU, opening_hours={"mon": "09:00-22:00"}, cuisines=("kebap",), delivery_fee=2_990
)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def test_who_opens_a_restaurant_owns_it() -> None:
    given().when(OPEN, caller=OWNER).then(OPENED).answering(id=ID, name="Mahmut", rating_avg=0.0, rating_count=0)


def test_an_owner_has_so_many_restaurants_and_no_more() -> None:
    full = dict.fromkeys(RESTAURANTS.of(OWNER), "another restaurant")
    given().when(OPEN, caller=OWNER, claims=full).then_rejected("too_many_restaurants")
    full.popitem()
    taken = given().when(OPEN, caller=OWNER, claims=full).decision.takes
    assert taken == (("restaurant", f"{OWNER}:{RESTAURANTS.most - 1}"),)
    assert given(OPENED).when(OPEN, caller=OWNER).decision.takes == ()


def test_a_restaurant_is_far_smaller_than_a_body() -> None:
    address = Address(address="ş" * 2_000, full_address="ş" * 2_000)
    large = msgspec.structs.replace(OPEN, description="ş" * 2_000, address=address)
    given().when(large, caller=OWNER).then_rejected("restaurant_too_large")
    grown = ChangeRestaurant(description="ş" * 2_000, address=address)
    given(OPENED).when(grown, caller=OWNER).then_rejected("restaurant_too_large")


def test_who_is_not_logged_in_opens_no_restaurant() -> None:
    given().when(OPEN, caller=None).then_rejected("login_required")


def test_opening_it_again_alike_is_fine() -> None:
    given(OPENED).when(OPEN, caller=OWNER).then_nothing().answering(name="Mahmut")


@pytest.mark.parametrize(("command", "caller"), [(OPEN, "another"), (OpenRestaurant(name="Other"), OWNER)])
def test_an_id_is_of_one_restaurant(command: OpenRestaurant, caller: str) -> None:
    given(OPENED).when(command, caller=caller).then_rejected("restaurant_exists")


CHANGES: list[tuple[str, Any]] = [
    ("name", "Mahmut Usta"),
    ("description", ""),
    ("logo", "https://images.example.com/l.png"),
    ("address", Address(city="Ankara", district="Çankaya")),
    ("phone_number", "+90 212 555 01 01"),
    ("email", "a@b.co"),
    ("status", "closed"),
    ("opening_hours", {}),
    ("time_zone", "Europe/London"),
    ("days_off", (DayOff(day=date(2026, 12, 31), reason="Yılbaşı"),)),
    ("cuisines", ()),
    ("prep_time", 45),
    ("delivery_fee", 0),
    ("min_order_price", 12_050),
    ("delivery_area", DeliveryArea(radius_km=3, center=Corner(latitude=41.03, longitude=28.98))),
    ("pickup", False),
    ("orders_per_slot", 12),
    ("auto_accept", True),
]


def test_every_field_of_a_restaurant_can_be_changed() -> None:
    assert {name for name, _ in CHANGES} == set(RestaurantDetails.__struct_fields__)
    assert {name for name, _ in CHANGES} == set(ChangeRestaurant.__struct_fields__) - {"clears"}


@pytest.mark.parametrize(("field", "value"), CHANGES, ids=[name for name, _ in CHANGES])
def test_each_field_can_be_changed_alone(field: str, value: Any) -> None:
    before = msgspec.structs.replace(DETAILS, description="old", prep_time=30)
    opened = RestaurantOpened(owner_id=OWNER, details=before, opened_at=NOW)
    said: dict[str, Any] = {field: value}
    given(opened).when(ChangeRestaurant(**said), caller=OWNER, now=LATER).then(
        RestaurantChanged(details=msgspec.structs.replace(before, **said), changed_at=LATER)
    )


def test_a_change_to_what_is_changes_nothing_and_answers() -> None:
    given(OPENED).when(ChangeRestaurant(name="Mahmut"), caller=OWNER).then_nothing().answering(id=ID)


@pytest.mark.parametrize("caller", ["another", None])
def test_to_others_it_answers_as_if_it_did_not_exist(caller: str | None) -> None:
    theirs = given(OPENED).when(ChangeRestaurant(name="Mine now"), caller=caller)
    missing = given().when(ChangeRestaurant(name="Mine now"), caller=caller)
    theirs.then_rejected("not_found")
    assert theirs.decision == missing.decision


CONTRACT = {
    "id", "name", "description", "logo", "address", "phone_number", "email", "status", "opening_hours", "time_zone",
    "days_off", "cuisines", "prep_time", "rating_avg", "rating_count", "delivery_fee", "min_order_price", "created_at",
    "updated_at", "busy", "pause", "delivery_area", "pickup", "orders_per_slot", "auto_accept",
}  # fmt: skip


def test_a_document_has_all_that_the_contract_names_also_where_nothing_was_said() -> None:
    bare = RestaurantOpened(owner_id=OWNER, details=RestaurantDetails(name="a"), opened_at=NOW)
    document = msgspec.json.decode(msgspec.json.encode(shown(RESTAURANT, bare)))
    assert set(document) == CONTRACT
    assert document["address"]["city"] == document["address"]["district"] == ""
    assert (document["status"], document["cuisines"], document["opening_hours"]) == ("open", [], {})


def test_a_restaurant_of_before_there_were_zones_is_in_istanbul() -> None:
    old = b'{"owner_id":"owner-1","details":{"name":"a"},"opened_at":"2026-03-01T18:30:00Z"}'
    assert shown(RESTAURANT, TOPIC.decode("RestaurantOpened", old)).time_zone == "Europe/Istanbul"


def test_the_owner_is_not_shown() -> None:
    assert OWNER not in msgspec.json.encode(shown(RESTAURANT, OPENED)).decode()


def test_the_view_is_what_the_commands_answered() -> None:
    first = given().when(OPEN, caller=OWNER)
    second = scenario.Given(DECIDER, first.state).when(ChangeRestaurant(status="closed"), caller=OWNER, now=LATER)
    assert _now(shown(RESTAURANT, *first.decision.events), is_open=False) == first.decision.answer
    assert (
        _now(shown(RESTAURANT, *first.decision.events, *second.decision.events), is_open=False)
        == second.decision.answer
    )


def _now(document: Restaurant, *, is_open: bool) -> RestaurantNow:
    return RestaurantNow(**asdict(document), open_now=is_open)


def test_restaurants_are_listed_by_age() -> None:
    changed = RestaurantChanged(details=DETAILS, changed_at=LATER)
    assert indexes(shown(RESTAURANT, OPENED, changed))["restaurants"] == NOW.timestamp()
