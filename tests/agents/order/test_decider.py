from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.order.decider import DECIDER
from agents.order.facts import Facts
from agents.order.policy import react
from agents.order.projection import ORDER, indexes, order
from agents.order.times import Times
from tests.agents import scenario
from tests.agents.scenario import ID, NOW, shown
from topics.contracts import basket_commands
from topics.contracts.address_events import SavedAddress
from topics.contracts.basket_commands import Refusal, RestoreItems
from topics.contracts.basket_events import Line, OrderedItem
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealDetails, MealRemoved
from topics.contracts.order_commands import PlaceOrder
from topics.contracts.order_events import OrderPlaced, OrderRefused, PricedItem
from topics.contracts.restaurant_events import RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.copies import MEALS, RESTAURANTS, BookCopy, MealCopy, RestaurantCopy
from topics.messages.event import EventMeta

USER = "user-1"
LINE = Line(id="l", restaurant_id="mahmut", meal_id="kebap", quantity=2, created_at=NOW, name="Adana", price=100)


def restaurant(**said: Any) -> RestaurantCopy:
    usual = {"name": "Mahmut", "is_open": True, "delivery_fee": 2_990, "min_order_price": 0}
    return RestaurantCopy(**{**usual, **said})


def meal(price: int, *, restaurant_id: str = "mahmut", is_available: bool = True) -> MealCopy:
    return MealCopy(restaurant_id=restaurant_id, name=f"Dish for {price}", price=price, is_available=is_available)


def facts(**said: Any) -> Facts:
    meals = {"kebap": meal(24_550), "ayran": meal(3_010)}
    return Facts(meals=meals, restaurants={"mahmut": restaurant(**said)}, books={USER: BOOK})


HOME = SavedAddress(
    id="a-1", title="Ev", address="Moda Caddesi 1", city="İstanbul", district="Kadıköy", full_address="", zip_code="",
    apartment=None, floor=None, door_number=None, latitude=None, longitude=None, created_at=NOW, updated_at=NOW,
)  # fmt: skip
BOOK = BookCopy(addresses={"a-1": HOME}, default_id="a-1")


def place(*items: tuple[str, int], **said: Any) -> PlaceOrder:
    ordered = tuple(OrderedItem(meal_id=meal_id, quantity=quantity) for meal_id, quantity in items)
    usual = {"user_id": USER, "restaurant_id": "mahmut", "items": ordered, "payment_method": "cash", "restore": (LINE,)}
    return PlaceOrder(**{**usual, **said})


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


PLACED = OrderPlaced(
    user_id=USER,
    restaurant_id="mahmut",
    restaurant_name="Mahmut",
    items=(
        PricedItem(meal_id="kebap", name="Dish for 24550", quantity=2, price=24_550, total=49_100),
        PricedItem(meal_id="ayran", name="Dish for 3010", quantity=3, price=3_010, total=9_030),
    ),
    subtotal=58_130,
    discount=0,
    delivery_fee=2_990,
    total=61_120,
    payment_method="cash",
    placed_at=NOW,
    address_id="a-1",
    delivery_address=HOME,
)


def paid_for(placed: OrderPlaced, **kept: Any) -> OrderPlaced:
    """As it is placed since payments are asked for. kept: until it is paid, restore, restore_coupon."""
    return replace(placed, pay_by=placed.placed_at + Times().payment, **kept)


def test_an_order_is_priced_by_the_catalog_and_the_restaurants_fee() -> None:
    given().when(place(("kebap", 2), ("ayran", 3)), facts=facts()).then(paid_for(PLACED, restore=(LINE,))).answering(
        id=ID, user_id=USER, subtotal=58_130, discount=0, delivery_fee=2_990, total=61_120, coupon_code=None,
        status="placed", payment_method="cash", message="Your order is placed.",
    )  # fmt: skip


def test_asking_again_gets_the_same_order() -> None:
    given(PLACED).when(place(("kebap", 9)), facts=facts()).then_nothing().answering(total=61_120)


def test_asking_again_gets_the_same_refusal() -> None:
    earlier = OrderRefused(user_id=USER, code="below_minimum", detail="too little")
    given(earlier).when(place(("kebap", 2)), facts=facts()).then_rejected("below_minimum")


def then_refused(outcome: scenario.Outcome, code: str, *, field: str | None = None) -> OrderRefused:
    """The basket answers, with the lines back in it."""
    (event,) = outcome.handed_on().decision.events
    assert isinstance(event, OrderRefused)
    assert (event.code, event.field, event.user_id, event.restore) == (code, field, USER, (LINE,))
    assert event.detail
    return event


def test_a_closed_restaurant_takes_no_orders() -> None:
    then_refused(given().when(place(("kebap", 1)), facts=facts(is_open=False)), "restaurant_closed")


def test_an_unknown_restaurant_takes_no_orders() -> None:
    then_refused(given().when(place(("kebap", 1)), facts=Facts(meals={"kebap": meal(1)})), "restaurant_closed")


@pytest.mark.parametrize("gone", [None, meal(30, is_available=False)])
def test_a_meal_that_went_off_sale_stops_the_order(gone: MealCopy | None) -> None:
    meals = {"kebap": meal(24_550)} | ({"ayran": gone} if gone else {})
    known = Facts(meals=meals, restaurants={"mahmut": restaurant()}, books={USER: BOOK})
    outcome = given().when(place(("kebap", 1), ("ayran", 1)), facts=known)
    event = then_refused(outcome, "meal_unavailable", field="items")
    assert event.more == {"items": [{"meal_id": "ayran", "name": gone.name if gone else "ayran"}]}


def test_a_meal_of_another_restaurant_stops_the_order() -> None:
    known = Facts(meals={"sushi": meal(9, restaurant_id="tokyo")}, restaurants={"mahmut": restaurant()})
    then_refused(given().when(place(("sushi", 1)), facts=known), "different_restaurant", field="items")


def test_too_small_an_order_is_refused_and_says_from_where() -> None:
    outcome = given().when(place(("ayran", 1)), facts=facts(min_order_price=3_011))
    assert "30.11" in then_refused(outcome, "below_minimum").detail


def test_the_minimum_itself_is_enough() -> None:
    given().when(place(("ayran", 1)), facts=facts(min_order_price=3_010)).answering(subtotal=3_010)


def test_a_checkout_without_items_is_refused() -> None:
    then_refused(given().when(place(), facts=facts()), "basket_empty", field="items")


def test_notes_travel_along() -> None:
    items = (OrderedItem(meal_id="kebap", quantity=1, note="az acılı"),)
    outcome = given().when(place(items=items, note="Zil bozuk", address_id="a-1"), facts=facts())
    placed = outcome.decision.events[0]
    assert (placed.items[0].note, placed.note, placed.address_id) == ("az acılı", "Zil bozuk", "a-1")


def test_an_order_is_shown_to_its_user_by_time() -> None:
    document = shown(ORDER, PLACED)
    assert document == order(ID, PLACED)
    of_user, at = f":{USER}", NOW.timestamp()
    lists = {name: score for name, score in indexes(document).items() if name.endswith(of_user)}
    assert lists == {f"orders:{USER}": at, f"running:{USER}": at}
    ended = indexes(replace(document, status="delivered"))
    assert [name for name in ended if name.endswith(of_user)] == [f"orders:{USER}"]


def test_a_refused_order_is_not_shown() -> None:
    assert shown(ORDER, OrderRefused(user_id=USER, code="c", detail="d")) is None


def test_a_refusal_gives_the_basket_back() -> None:
    event = OrderRefused(
        user_id=USER, code="c", detail="d", restore=(LINE,), restore_coupon="YAZ10", field="items", more={"items": []}
    )
    (sent,) = react(event, EventMeta("e", ID, 1, NOW), DECIDER.state())
    assert (sent.topic, sent.key) == (basket_commands.TOPIC, USER)
    refusal = Refusal(code="c", detail="d", field="items", more={"items": []})
    assert sent.message == RestoreItems(order_id=ID, lines=(LINE,), coupon_code="YAZ10", refusal=refusal)
    assert sent.answers, "the basket tells the caller, once the lines are back in it"


def test_a_placed_order_of_before_payments_asks_nobody() -> None:
    assert list(react(PLACED, EventMeta("e", ID, 1, NOW), given(PLACED).state)) == []


def test_meal_facts_follow_the_catalog() -> None:
    meta = EventMeta("e", "kebap", 1, NOW)
    added = MealAdded(restaurant_id="mahmut", details=MealDetails(name="Adana", price=24_550), added_at=NOW)
    known = MEALS.show(None, added, meta).document
    assert known == MealCopy(restaurant_id="mahmut", name="Adana", price=24_550, is_available=True)
    sold_out = MEALS.show(known, AvailabilityChanged(restaurant_id="mahmut", is_available=False), meta).document
    assert sold_out is not None and not sold_out.is_available
    removed = MEALS.show(known, MealRemoved(restaurant_id="mahmut"), meta).document
    assert removed is not None and (removed.name, removed.is_available) == ("Adana", False), "its name is still told"


def test_restaurant_facts_follow_the_restaurant() -> None:
    meta = EventMeta("e", "mahmut", 1, NOW)
    details = RestaurantDetails(name="Mahmut", delivery_fee=2_990)
    opened = RESTAURANTS.show(None, RestaurantOpened(owner_id="o", details=details, opened_at=NOW), meta).document
    assert opened == restaurant(owner_id="o")
    closed = RestaurantDetails(name="Mahmut", status="closed", min_order_price=5_000)
    changed = RESTAURANTS.show(opened, RestaurantChanged(details=closed, changed_at=NOW), meta).document
    assert changed == restaurant(is_open=False, delivery_fee=0, min_order_price=5_000, owner_id="o")


AMOUNTS = st.integers(0, 1_000_000)


@for_all(st.lists(st.tuples(AMOUNTS, st.integers(1, 99)), min_size=1, max_size=20), AMOUNTS)
def test_an_orders_parts_add_up_to_the_kurus(asked: list[tuple[int, int]], fee: int) -> None:
    meals = {f"m-{n}": meal(price) for n, (price, _) in enumerate(asked)}
    known = Facts(meals=meals, restaurants={"mahmut": restaurant(delivery_fee=fee)}, books={USER: BOOK})
    items = [(f"m-{n}", quantity) for n, (_, quantity) in enumerate(asked)]
    placed = given().when(place(*items), facts=known).decision.events[0]
    assert sum(item.total for item in placed.items) == placed.subtotal
    assert all(item.price * item.quantity == item.total for item in placed.items)
    assert placed.total == placed.subtotal - placed.discount + placed.delivery_fee >= 0
