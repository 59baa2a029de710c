from typing import Any

import msgspec
import pytest

from agents.catalog.decider import DECIDER
from agents.catalog.facts import RESTAURANTS, Facts, Ownership
from agents.catalog.limits import MEALS
from agents.catalog.projection import MEAL, indexes
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts.catalog_commands import AddMeal, ChangeMeal, Command, RemoveMeal, SetAvailability, ShowPhoto
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealChanged, MealDetails, MealRemoved
from topics.contracts.restaurant_events import RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.deciding.choosing import MealOption
from topics.messages.event import EventMeta

OWNER, MAHMUT = "owner-1", "mahmut"
OURS = Facts(restaurants={MAHMUT: Ownership(owner_id=OWNER), "tokyo": Ownership(owner_id=OWNER)})
DETAILS = MealDetails(name="Adana", price=24_550, cuisine="kebap")
ADD = AddMeal(restaurant_id=MAHMUT, name="Adana", price=24_550, cuisine="kebap")
SEAT, *OTHER_SEATS = dict.fromkeys(MEALS.of(OWNER, ID))
ADDED = MealAdded(restaurant_id=MAHMUT, details=DETAILS, added_at=NOW, seat=SEAT[1])
REMOVED = MealRemoved(restaurant_id=MAHMUT)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def with_(**said: Any) -> MealDetails:
    return msgspec.structs.replace(DETAILS, **said)


# -- how much a menu holds

FULL = dict.fromkeys((SEAT, *OTHER_SEATS), "another meal")


def test_an_owner_has_so_many_meals_and_no_more() -> None:
    last = {seat: owner for seat, owner in FULL.items() if seat != OTHER_SEATS[-1]}
    outcome = given().when(ADD, facts=OURS, caller=OWNER, claims=last)
    assert outcome.decision.takes == (OTHER_SEATS[-1],)
    given().when(ADD, facts=OURS, caller=OWNER, claims=FULL).then_rejected("menu_full")


def test_a_meal_takes_one_seat_and_gives_it_back() -> None:
    taken = given().when(ADD, facts=OURS, caller=OWNER).decision.takes
    assert taken == (SEAT,)
    assert given(ADDED).when(RemoveMeal(), facts=OURS, caller=OWNER).decision.releases == taken
    assert given(ADDED).when(ADD, facts=OURS, caller=OWNER).decision.takes == (), "it has one"
    of_before = msgspec.structs.replace(ADDED, seat=f"{MAHMUT}:7")
    assert given(of_before).when(RemoveMeal(), facts=OURS, caller=OWNER).decision.releases == (("meal", f"{MAHMUT}:7"),)
    old = msgspec.structs.replace(ADDED, seat=None)
    assert given(old).when(RemoveMeal(), facts=OURS, caller=OWNER).decision.releases == (), (
        "from before there were seats"
    )


def test_a_meal_is_far_smaller_than_a_body() -> None:
    choices = tuple(f"{n}".ljust(100, "c") for n in range(40))
    options = tuple(MealOption(name=f"o{n}", choices=choices) for n in range(50))
    large = msgspec.structs.replace(ADD, options=options)
    given().when(large, facts=OURS, caller=OWNER).then_rejected("meal_too_large")
    given(ADDED).when(ChangeMeal(options=options), facts=OURS, caller=OWNER).then_rejected("meal_too_large")
    usual = msgspec.structs.replace(ADD, description="ş" * 1_500, options=options[:0])
    assert given().when(usual, facts=OURS, caller=OWNER).decision.events


# -- add


def test_the_owner_of_a_restaurant_adds_a_meal() -> None:
    given().when(ADD, facts=OURS, caller=OWNER).then(ADDED).answering(
        id=ID, restaurant_id=MAHMUT, name="Adana", price=24_550, isAvailable=True, complementary_ids=[], options=[]
    )


@pytest.mark.parametrize("facts", [OURS, Facts()], ids=["somebody else's", "unknown"])
def test_nobody_adds_to_a_restaurant_that_is_not_theirs(facts: Facts) -> None:
    given().when(ADD, facts=facts, caller="another").then_rejected("not_found", field="restaurant_id")
    given().when(ADD, facts=facts, caller=None).then_rejected("not_found")


def test_adding_it_again_alike_is_fine() -> None:
    given(ADDED).when(ADD, facts=OURS, caller=OWNER).then_nothing().answering(id=ID)


@pytest.mark.parametrize("events", [(ADDED,), (ADDED, REMOVED)], ids=["on the menu", "removed"])
def test_an_id_is_of_one_meal_for_ever(events: tuple[Any, ...]) -> None:
    other = AddMeal(restaurant_id="tokyo", name="Nigiri", price=100)
    given(*events).when(other, facts=OURS, caller=OWNER).then_rejected("meal_exists")


# -- change

CHANGES: list[tuple[str, Any]] = [
    ("name", "Urfa"),
    ("price", 25_990),
    ("description", "Acısız"),
    ("is_available", False),
    ("image_url", "https://images.example.com/a.jpg"),
    ("cuisine", "ızgara"),
    ("complementary_ids", ("ayran",)),
    ("options", (MealOption(name="Acı", choices=("az", "çok"), prices={"çok": 500}, min=1),)),
    ("allergens", ("milk", "gluten")),
    ("diets", ("halal",)),
]
BY_OTHER_COMMANDS = {"sold_out_until", "photo_id"}


def test_every_field_of_a_meal_can_be_changed() -> None:
    changeable = set(ChangeMeal.__struct_fields__)
    assert {name for name, _ in CHANGES} == changeable == set(MealDetails.__struct_fields__) - BY_OTHER_COMMANDS


@pytest.mark.parametrize(("field", "value"), CHANGES, ids=[name for name, _ in CHANGES])
def test_each_field_can_be_changed_alone(field: str, value: Any) -> None:
    said: dict[str, Any] = {field: value}
    given(ADDED).when(ChangeMeal(**said), facts=OURS, caller=OWNER).then(
        MealChanged(restaurant_id=MAHMUT, details=with_(**said))
    )


def test_a_change_to_what_is_changes_nothing_and_answers() -> None:
    given(ADDED).when(ChangeMeal(price=24_550), facts=OURS, caller=OWNER).then_nothing().answering(price=24_550)


# -- availability, removal


def test_a_meal_is_sold_out_and_back() -> None:
    out = AvailabilityChanged(restaurant_id=MAHMUT, is_available=False)
    given(ADDED).when(SetAvailability(is_available=False), facts=OURS, caller=OWNER).then(out).answering(
        isAvailable=False
    )
    given(ADDED, out).when(SetAvailability(is_available=False), facts=OURS, caller=OWNER).then_nothing()
    given(ADDED, out).when(SetAvailability(is_available=True), facts=OURS, caller=OWNER).then(
        AvailabilityChanged(restaurant_id=MAHMUT, is_available=True)
    )


def test_a_meal_is_removed_and_removing_it_again_is_fine() -> None:
    given(ADDED).when(RemoveMeal(), facts=OURS, caller=OWNER).then(REMOVED)
    given(ADDED, REMOVED).when(RemoveMeal(), facts=OURS, caller=OWNER).then_nothing()


COMMANDS: list[Command] = [
    ChangeMeal(price=100),
    SetAvailability(is_available=False),
    ShowPhoto(owner_id="another", photo_id="p", image_url="https://images.example.com/p"),
    RemoveMeal(),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("caller", ["another", None])
def test_to_others_it_answers_as_if_it_did_not_exist(command: Command, caller: str | None) -> None:
    theirs = given(ADDED).when(command, facts=OURS, caller=caller)
    missing = given().when(command, facts=OURS, caller=caller)
    theirs.then_rejected("not_found")
    assert theirs.decision == missing.decision


@pytest.mark.parametrize("command", COMMANDS[:3], ids=lambda command: type(command).__name__)
def test_a_removed_meal_cannot_be_changed(command: Command) -> None:
    given(ADDED, REMOVED).when(command, facts=OURS, caller=OWNER).then_rejected("not_found")


# -- what is shown


def test_the_view_is_what_the_commands_answered() -> None:
    events: list[Any] = []
    dish = given()
    for command in (ADD, ChangeMeal(price=30_000), SetAvailability(is_available=False)):
        outcome = dish.when(command, facts=OURS, caller=OWNER)
        dish = scenario.Given(DECIDER, outcome.state)
        events.extend(outcome.decision.events)
        assert shown(MEAL, *events) == outcome.decision.answer


def test_a_removed_meal_is_not_shown() -> None:
    assert shown(MEAL, ADDED, REMOVED) is None


def test_a_menu_is_listed_in_the_order_in_which_it_was_written() -> None:
    changed = MealChanged(restaurant_id=MAHMUT, details=with_(price=100))
    assert indexes(shown(MEAL, ADDED, changed, at=LATER)) == {f"meals:{MAHMUT}": NOW.timestamp()}


def test_the_document_speaks_as_the_contract_does() -> None:
    document = msgspec.json.decode(msgspec.json.encode(shown(MEAL, ADDED)))
    assert set(document) == {
        "id", "restaurant_id", "name", "description", "isAvailable", "price", "image_url", "cuisine",
        "complementary_ids", "options", "allergens", "diets", "sold_out_until", "photo_id", "created_at", "updated_at",
    }  # fmt: skip


def test_ownership_follows_the_restaurant() -> None:
    meta = EventMeta("e", MAHMUT, 1, NOW)
    details = RestaurantDetails(name="Mahmut")
    known = RESTAURANTS.show(None, RestaurantOpened(owner_id=OWNER, details=details, opened_at=NOW), meta).document
    assert known == Ownership(owner_id=OWNER)
    late = msgspec.structs.replace(details, opening_hours={"fri": "22:00-02:00"}, time_zone="Asia/Tokyo")
    assert RESTAURANTS.show(known, RestaurantChanged(details=late, changed_at=NOW), meta).document == Ownership(
        owner_id=OWNER, opening_hours={"fri": "22:00-02:00"}, time_zone="Asia/Tokyo"
    )
