"""Recorded commands, decided again by the code of now: what is the same, what differs, what cannot be known."""

import gc
import socket
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from agents.basket import decider as basket_decider
from agents.courier import registry
from replay.questions.decide import Decided, judge
from replay.shadow import domains
from replay.shadow.domains import Domain
from replay.tools import Tools, collecting_nothing
from stores.kafka.log import Place
from stores.kafka.partitioning import partition_of
from stores.settings import load
from tests.replay.shadow.tape import Tape
from topics import keys
from topics.contracts import catalog_events
from topics.contracts.auth_commands import Logout, Register
from topics.contracts.basket_commands import AddItem, Clear, RemoveItem
from topics.contracts.catalog_commands import AddMeal
from topics.contracts.catalog_events import MealAdded, MealChanged, MealDetails
from topics.contracts.courier_commands import RegisterCourier
from topics.contracts.courier_events import CourierErased, CourierRegistered
from topics.contracts.restaurant_events import RestaurantDetails, RestaurantOpened
from topics.copies import RESTAURANTS
from topics.deciding.decision import accept
from topics.messages.topic import PARTITIONS

SETTINGS = load({})
BASKET = domains.named("basket", SETTINGS)


def tape(price: int = 100) -> Tape:
    made = Tape()
    details = MealDetails(name="Adana", price=price)
    made.event(catalog_events.TOPIC, "kebap", MealAdded(restaurant_id="mahmut", details=details, added_at=made.now))
    return made


def add(made: Tape, user: str = "ada", quantity: int = 1, meal: str = "kebap", id: str = "") -> str:
    return made.command(BASKET, user, AddItem(meal_id=meal, quantity=quantity), id=id, CALLER=user)


async def decided(made: Tape, domain: Domain = BASKET, *, ask_inbox: bool = True, id: str | None = None) -> Decided:
    found = Decided(domain.name)
    await judge(found, domain, made.reading(domain, ask_inbox=ask_inbox), id=id)
    assert found.commands == found.same + found.different + found.unknown.total() + found.passed.total()
    return found


async def test_what_the_code_of_then_decided_the_code_of_now_decides_the_same():
    made = tape()
    add(made)
    add(made, quantity=3)
    made.command(BASKET, "ada", RemoveItem(meal_id="kebap"), CALLER="ada")
    made.command(BASKET, "ada", Clear(), CALLER="ada")
    add(made, meal="nothing")
    found = await decided(made)
    assert (found.same, found.commands) == (5, 5)


async def test_a_fact_is_the_one_of_then_though_it_has_changed_since():
    made = tape(100)
    add(made)
    made.event(
        catalog_events.TOPIC, "kebap", MealChanged(restaurant_id="mahmut", details=MealDetails(name="Adana", price=7))
    )
    add(made, "bob")
    found = await decided(made)
    assert (found.same, found.different) == (2, 0)


async def test_a_planted_bug_is_told_with_its_field_in_one_screen(monkeypatch: pytest.MonkeyPatch):
    made = tape()
    for user in ("ada", "bob", "eve"):
        add(made, user)
    real = basket_decider.new_line
    monkeypatch.setattr(basket_decider, "new_line", lambda *said: replace(real(*said), price=real(*said).price + 1))
    found = await decided(made)
    assert (found.same, found.different) == (0, 3)
    assert found.kinds == Counter({("AddItem", "event 1 LineSet.line.price"): 3})
    said = found.lines()
    assert any("event 1 LineSet.line.price: 100 → 101" in line for line in said) and len(said) < 20


async def test_what_was_refused_and_is_taken_now_differs(monkeypatch: pytest.MonkeyPatch):
    made = tape()
    add(made, meal="sushi")
    real = basket_decider._add  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(basket_decider, "_add", lambda c, *said: accept() if c.meal_id == "sushi" else real(c, *said))
    found = await decided(made)
    assert [each.field for each in found.examples[0].differences] == ["refused.code", "refused.detail", "refused.field"]


async def test_without_the_inbox_it_is_said_what_cannot_be_known():
    made = tape()
    add(made, meal="sushi")
    found = await decided(made, ask_inbox=False)
    assert found.unknown == {"facts that were not recorded": 1}


async def test_an_event_that_nothing_tells_of_is_no_difference_but_cannot_be_known(monkeypatch: pytest.MonkeyPatch):
    made = tape()
    made.command(BASKET, "ada", RemoveItem(meal_id="kebap"), CALLER="ada")
    removed = basket_decider.LineRemoved(meal_id="kebap")
    monkeypatch.setattr(basket_decider, "_remove", lambda *said: accept(removed))
    assert (await decided(made)).different == 1
    assert (await decided(made, ask_inbox=False)).unknown.total() == 1


@pytest.mark.parametrize("other_type", [False, True])
async def test_a_name_in_an_event_that_differs_is_masked(monkeypatch: pytest.MonkeyPatch, other_type: bool):
    """Nothing but the mark says that the `name` of a courier is personal."""
    courier, key, made = domains.named("courier", SETTINGS), keys.courier("can"), Tape()
    made.command(courier, key, RegisterCourier(name="Can Yılmaz"), CALLER="can")
    now = CourierErased() if other_type else CourierRegistered(user_id="can", name="Ece", at=made.now)
    monkeypatch.setattr(registry, "register", lambda *said: accept(now))
    found = await decided(made, courier)
    said = "\n".join(found.lines())
    assert found.different == 1 and "Can Yılmaz" not in said and "Ece" not in said and "[personal]" in said, said


async def test_what_raises_now_differs(monkeypatch: pytest.MonkeyPatch):
    made = tape()
    add(made)

    def broken(*said: Any) -> Any:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(basket_decider, "_add", broken)
    found = await decided(made)
    assert found.different == 1 and found.examples[0].differences[0].after == "raises ZeroDivisionError: by zero"


async def test_a_gap_in_the_events_of_a_fact_is_told_and_not_guessed():
    made = tape()
    made.event(catalog_events.TOPIC, "kebap", MealChanged(restaurant_id="m", details=MealDetails(name="A", price=7)))
    add(made)
    there = made.log._records  # pyright: ignore[reportPrivateUsage]
    for place, records in there.items():
        if place.topic == "catalog_events":
            del records[:1]
    found = await decided(made)
    assert found.unknown == {"facts that were not recorded": 1} and found.commands == 1


@pytest.mark.parametrize("body", [b"{}", b"no JSON", None])
async def test_of_an_event_that_the_code_of_now_cannot_read_nothing_is_guessed(body: bytes | None):
    made = tape()
    add(made)
    add(made, quantity=3)
    add(made, "bob")
    of_ada = made.log._records[Place("basket_events", partition_of(b"ada", PARTITIONS))]  # pyright: ignore[reportPrivateUsage]
    place = next(place for place, record in enumerate(of_ada) if record.key == b"ada")
    of_ada[place] = replace(of_ada[place], body=body)
    found = await decided(made)
    assert found.unknown == {"its events are not whole": 2} and found.same == 1


async def test_a_gap_in_the_aggregates_own_events_is_told():
    made = tape()
    add(made)
    add(made, quantity=2)
    for place, records in made.log._records.items():  # pyright: ignore[reportPrivateUsage]
        if place.topic == "basket_events":
            del records[:1]
    found = await decided(made)
    assert found.unknown.total() == 2 and found.different == 0


async def test_what_came_twice_or_too_late_was_not_decided():
    made = tape()
    add(made, id="same")
    record = made.log.of_key("basket_commands", "ada")[0]
    made.log.append(record)
    late = str(int((made.now - timedelta(hours=1)).timestamp() * 1000))
    made.undecided(BASKET, "ada", Clear(), DEADLINE=late)
    found = await decided(made)
    assert found.passed == {"sent twice": 1, "came after its deadline": 1} and found.same == 1


async def test_a_prepared_command_cannot_be_known_and_others_of_its_domain_can():
    auth, made = domains.named("auth", SETTINGS), Tape()
    made.undecided(auth, "ada", Register(email="ada@example.com", password_box="x" * 80))
    made.command(auth, "ada", Logout(sid="s", jti="j", exp=made.now), CALLER="ada")
    found = await decided(made, auth)
    assert found.unknown == {"it was prepared with secrets that are on no topic": 1} and found.same == 1


async def test_who_owned_a_seat_is_found_in_the_event_that_names_it():
    catalog, made = domains.named("catalog", SETTINGS), Tape()
    opened = RestaurantOpened(owner_id="eve", details=RestaurantDetails(name="Mahmut"), opened_at=made.now)
    made.event(RESTAURANTS.topic, "mahmut", opened)
    for number in range(5):
        meal = AddMeal(restaurant_id="mahmut", name=f"meal {number}", price=100)
        made.command(catalog, f"meal-{number}", meal, CALLER="eve", taken=number)
    found = await decided(made, catalog)
    assert (found.same, found.commands) == (5, 5)


async def test_only_the_commands_of_one_aggregate():
    made = tape()
    add(made, "ada")
    add(made, "bob")
    assert (await decided(made, id="ada")).commands == 1


async def test_it_decides_where_every_driver_is_taken_away(monkeypatch: pytest.MonkeyPatch):
    made = tape()
    add(made)

    def away(*said: Any, **named: Any) -> Any:
        raise AssertionError("a driver was asked")

    for name in ("socket", "create_connection"):
        monkeypatch.setattr(socket, name, away)
    monkeypatch.setattr(socket.socket, "connect", away, raising=False)
    for name in ("log", "producer", "domains", "view_floors", "view_generations", "view_documents", "fates", "logs"):
        monkeypatch.setattr(Tools, name, away)
    assert (await decided(made)).same == 1


def test_the_garbage_collector_is_off_while_it_decides_and_on_again_whatever_happens():
    with pytest.raises(ZeroDivisionError), collecting_nothing():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()
