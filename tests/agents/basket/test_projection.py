from datetime import UTC, datetime

from hypothesis import given as for_all
from hypothesis import strategies as st

from agents.basket.decider import DECIDER
from agents.basket.policy import react
from agents.basket.projection import BASKET, basket_item
from tests.agents.basket.test_decider import AYRAN, KEBAP, MENU, line
from tests.agents.scenario import ID, NOW, Given, shown, stored
from topics.contracts import order_commands
from topics.contracts.basket_commands import AddItem, ChangeItem, Checkout, Clear, Command, RemoveItem, RestoreItems
from topics.contracts.basket_events import CheckedOut, Cleared, Event, LineRemoved, LineSet, LinesRestored, OrderedItem
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealChanged, MealDetails, MealRemoved
from topics.contracts.order_commands import PlaceOrder
from topics.copies import MEALS
from topics.deciding.pricing import Charge, totals
from topics.documents.order import Basket
from topics.messages.event import EventMeta


def test_a_line_is_shown_with_whose_it_is() -> None:
    document = shown(BASKET, LineSet(line=line(KEBAP, 2, note="az acılı")))
    assert document == Basket(items=(basket_item(line(KEBAP, 2, note="az acılı"), ID),))
    assert document.items[0].user_id == ID


def test_a_set_line_keeps_its_place() -> None:
    document = shown(BASKET, LineSet(line=line(KEBAP)), LineSet(line=line(AYRAN)), LineSet(line=line(KEBAP, 4)))
    assert [(item.meal_id, item.quantity) for item in document.items] == [(KEBAP, 4), (AYRAN, 1)]


def test_an_emptied_basket_is_an_empty_list() -> None:
    assert shown(BASKET, LineSet(line=line(KEBAP)), LineRemoved(meal_id=KEBAP)) == Basket(items=())
    assert shown(BASKET, LineSet(line=line(KEBAP)), Cleared()) == Basket(items=())


def test_a_refused_checkout_is_shown_again() -> None:
    lines = (line(KEBAP, 2), line(AYRAN))
    out = CheckedOut(order_id="o", restaurant_id="mahmut", items=(), cleared=lines, payment_method="cash")
    document = shown(BASKET, *(LineSet(line=one) for one in lines), out, LinesRestored(order_id="o", lines=lines))
    assert [item.meal_id for item in document.items] == [KEBAP, AYRAN]


def _fact(*events: MealAdded | MealChanged | AvailabilityChanged | MealRemoved) -> object:
    known = None
    for version, event in enumerate(events, start=1):
        known = MEALS.show(known, event, EventMeta("e", KEBAP, version, NOW)).document
    return known


ADDED = MealAdded(restaurant_id="mahmut", details=MealDetails(name="Adana", price=24_550), added_at=NOW)


def test_facts_follow_the_catalog() -> None:
    assert _fact(ADDED) == MENU.meals[KEBAP]
    changed = MealChanged(restaurant_id="mahmut", details=MealDetails(name="Adana", price=30_000))
    assert _fact(ADDED, changed).price == 30_000  # type: ignore[attr-defined]
    assert not _fact(ADDED, AvailabilityChanged(restaurant_id="mahmut", is_available=False)).is_available  # type: ignore[attr-defined]
    removed = _fact(ADDED, MealRemoved(restaurant_id="mahmut"))
    assert (removed.name, removed.is_available) == ("Adana", False)  # type: ignore[attr-defined]


def test_a_checkout_goes_to_the_order_domain_which_answers() -> None:
    items = (OrderedItem(meal_id=KEBAP, quantity=2),)
    event = CheckedOut(
        order_id="o-1", restaurant_id="mahmut", items=items, cleared=(line(KEBAP, 2),), payment_method="cash", note="n"
    )
    (sent,) = react(event, EventMeta("e", ID, 3, NOW), DECIDER.state())
    assert (sent.topic, sent.key, sent.answers) == (order_commands.TOPIC, "o-1", True)
    assert sent.message == PlaceOrder(
        user_id=ID, restaurant_id="mahmut", items=items, payment_method="cash", restore=(line(KEBAP, 2),), note="n"
    )


def test_other_events_concern_nobody_else() -> None:
    assert list(react(LineSet(line=line(KEBAP)), EventMeta("e", ID, 1, NOW), DECIDER.state())) == []


MEAL_IDS = st.sampled_from([*MENU.meals, "dragon"])
QUANTITIES = st.integers(1, 99)
NOTES = st.none() | st.text(max_size=5)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(AddItem, meal_id=MEAL_IDS, quantity=QUANTITIES, note=NOTES),
    st.builds(ChangeItem, meal_id=MEAL_IDS, quantity=st.none() | QUANTITIES, note=NOTES),
    st.builds(RemoveItem, meal_id=MEAL_IDS),
    st.just(Clear()),
    st.builds(Checkout, payment_method=st.sampled_from(["cash", "pos", "credit_card"])),
    st.builds(RestoreItems, order_id=st.just("o"), lines=st.lists(st.builds(line, MEAL_IDS, QUANTITIES)).map(tuple)),
)


def _live(commands: list[Command]) -> tuple[list[Event], Given]:
    """Decides command after command, the state going through its store each time."""
    basket, events = Given(DECIDER, DECIDER.state()), list[Event]()
    for number, command in enumerate(commands):
        outcome = basket.when(command, facts=MENU, command_id=f"c-{number}", now=datetime.fromtimestamp(number, UTC))
        events.extend(outcome.decision.events)
        basket = Given(DECIDER, stored(outcome.state))
    return events, basket


@for_all(st.lists(COMMANDS, max_size=25))
def test_replaying_the_events_makes_the_same_basket_and_the_same_view(commands: list[Command]) -> None:
    events, basket = _live(commands)
    replayed = DECIDER.state()
    for event in events:
        replayed = DECIDER.evolve(replayed, stored(event))
    assert replayed == basket.state
    items = shown(BASKET, *events).items if events else ()
    assert items == tuple(basket_item(one, ID) for one in basket.state.lines.values())


@for_all(st.lists(COMMANDS, max_size=25))
def test_a_basket_is_of_one_restaurant_and_has_no_meal_twice(commands: list[Command]) -> None:
    _, basket = _live(commands)
    lines = list(basket.state.lines.values())
    assert len({one.restaurant_id for one in lines}) <= 1
    assert all(meal_id == one.meal_id and 1 <= one.quantity <= 99 for meal_id, one in basket.state.lines.items())


@for_all(st.lists(COMMANDS, max_size=25))
def test_the_view_adds_up_to_the_baskets_total(commands: list[Command]) -> None:
    events, basket = _live(commands)
    items = shown(BASKET, *events).items if events else ()
    seen = totals([Charge(item.price, item.quantity) for item in items], 0)
    assert seen == totals([Charge(one.price, one.quantity) for one in basket.state.lines.values()], 0)
