"""Baskets without a user: what they may do, and how long they live."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from agents.basket.anonymous import LIFETIME
from agents.basket.anonymous import OVER as OVER_TIMER
from agents.basket.contents import Contents
from agents.basket.decider import DECIDER
from agents.basket.projection import BASKET
from tests.agents.basket.test_decider import AYRAN, KEBAP, MENU, NEW_LINE, SUSHI, line
from tests.agents.scenario import COMMAND_ID, ID, LATER, NOW, Outcome, evolved, stored
from topics.contracts.basket_commands import (
    AddItem,
    ApplyCoupon,
    ChangeItem,
    Checkout,
    Clear,
    DropCoupon,
    EndBasket,
    Extend,
    HandOver,
    RemoveItem,
    RestoreItems,
    TakeBack,
    TakeOver,
)
from topics.contracts.basket_events import Cleared, Expired, HandedOver, Kept, Life, LineRemoved, LineSet
from topics.deciding.decision import Context, Timer
from topics.documents.order import AnonymousLife, Basket
from topics.messages.event import EventMeta
from topics.messages.message import Message

CART_ID = "0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a"
CART = f"anonymous:{CART_ID}"
OVER = NOW + LIFETIME


def life(since: datetime = NOW, changed: datetime | None = None, until: datetime | None = None) -> Life:
    updated = changed or since
    return Life(created_at=since, updated_at=updated, expires_at=until or updated + LIFETIME)


def after(*events: Message) -> Contents:
    return evolved(DECIDER, DECIDER.state(), events)


def filled(*lines: Any) -> Contents:
    return after(*(LineSet(line=one) for one in lines), Kept(life=life()))


def when(state: Contents, command: Any, *, key: str = CART, now: datetime = NOW) -> Outcome:
    decision = DECIDER.decide(command, state, MENU, Context(COMMAND_ID, key, now, caller=key))
    return Outcome(decision, evolved(DECIDER, state, decision.events))


# -- what it may do


def test_a_first_meal_begins_a_basket_of_thirty_days() -> None:
    outcome = when(after(), AddItem(meal_id=KEBAP, quantity=2))
    outcome.then(LineSet(line=line(KEBAP, 2, id=NEW_LINE)), Kept(life=life()))
    outcome.answering(cart_id=CART_ID, meal_id=KEBAP, quantity=2, price=24_550, name="Adana", note=None)
    assert timedelta(days=30) == LIFETIME


@pytest.mark.parametrize(
    "command", [AddItem(meal_id=AYRAN, quantity=1), ChangeItem(meal_id=KEBAP, quantity=3), RemoveItem(meal_id=KEBAP), Clear()]
)  # fmt: skip
def test_every_change_extends_its_life_and_keeps_its_beginning(command: Any) -> None:
    outcome = when(filled(line(KEBAP)), command, now=LATER)
    assert outcome.decision.events[-1] == Kept(life=life(NOW, LATER))


def test_what_changes_nothing_extends_nothing() -> None:
    when(filled(line(KEBAP)), RemoveItem(meal_id=AYRAN), now=LATER).then_nothing()
    when(after(), Clear()).then_nothing()


@pytest.mark.parametrize(
    "command",
    [
        Checkout(payment_method="cash"),
        ApplyCoupon(code="LEZZET10", user_id=ID),
        DropCoupon(),
        RestoreItems(order_id="o", lines=(line(),)),
        TakeOver(anonymous_id=CART, strategy="replace", lines=(line(),), life=life()),
    ],
)
def test_what_needs_a_user_is_refused(command: Any) -> None:
    when(filled(line(KEBAP)), command).then_rejected("login_needed")


@pytest.mark.parametrize(
    "command",
    [Extend(), EndBasket(), HandOver(user_id=ID), TakeBack(lines=(line(),), life=life(), code="c", detail="d")],
)
def test_what_only_an_anonymous_basket_does_a_users_basket_does_not(command: Any) -> None:
    when(after(LineSet(line=line())), command, key=ID).then_rejected("not_found")


# -- how long it lives


def test_extending_adds_to_its_life_and_never_shortens_it() -> None:
    state = filled(line(KEBAP))
    until = LATER + timedelta(days=90)
    longer = when(state, Extend(days=90), now=LATER)
    longer.then(Kept(life=life(NOW, NOW, until))).answering(cart_id=CART_ID, expires_at=until.isoformat()[:19] + "Z")
    when(longer.state, Extend(days=1), now=LATER).then_nothing()
    changed = when(longer.state, RemoveItem(meal_id=KEBAP), now=LATER)
    changed.then(LineRemoved(meal_id=KEBAP), Kept(life=life(NOW, LATER, until)))


def test_a_basket_that_was_never_made_is_not_extended() -> None:
    when(after(), Extend()).then_rejected("not_found")


def test_a_basket_that_is_over_is_as_if_it_was_not_there() -> None:
    state = filled(line(KEBAP))
    when(state, Extend(), now=OVER).then_rejected("not_found")
    when(state, HandOver(user_id=ID), now=OVER).then_rejected("not_found")
    when(state, ChangeItem(meal_id=KEBAP, quantity=2), now=OVER).then_rejected("not_in_basket")
    when(state, Clear(), now=OVER).then_nothing()
    when(state, Clear(), now=OVER - timedelta(seconds=1)).then(
        Cleared(), Kept(life=life(NOW, OVER - timedelta(seconds=1)))
    )


def test_a_basket_that_is_over_begins_anew_and_empty() -> None:
    outcome = when(filled(line(KEBAP)), AddItem(meal_id=AYRAN, quantity=1), now=OVER)
    outcome.then(Expired(), LineSet(line=line(AYRAN, id=NEW_LINE, created_at=OVER)), Kept(life=life(OVER)))
    assert list(outcome.state.lines) == [AYRAN]


def ends(at: datetime) -> Timer:
    return Timer(OVER_TIMER, at, EndBasket())


def test_its_end_is_a_timer_that_every_change_moves() -> None:
    when(after(), AddItem(meal_id=KEBAP, quantity=2)).setting(ends(OVER))
    when(filled(line(KEBAP)), RemoveItem(meal_id=KEBAP), now=LATER).setting(ends(LATER + LIFETIME))
    when(filled(line(KEBAP)), Extend(days=90), now=LATER).setting(ends(LATER + timedelta(days=90)))
    back = TakeBack(lines=(line(SUSHI),), life=life(), code="c", detail="d")
    when(after(), back).setting(ends(OVER))
    when(filled(line(KEBAP)), Clear(), now=OVER - timedelta(seconds=1)).setting(
        ends(OVER + LIFETIME - timedelta(seconds=1))
    )


def test_what_changes_nothing_moves_no_timer() -> None:
    when(filled(line(KEBAP)), RemoveItem(meal_id=AYRAN), now=LATER).setting()


def test_a_basket_that_is_handed_over_has_no_end_to_come() -> None:
    assert when(filled(line(KEBAP)), HandOver(user_id=ID)).decision.cancels == (OVER_TIMER,)


def test_at_its_end_a_basket_is_gone() -> None:
    outcome = when(filled(line(KEBAP)), EndBasket(), now=OVER).then(Expired()).setting()
    assert outcome.state == Contents()


def test_a_timer_ends_nothing_that_lives_or_is_no_more() -> None:
    when(filled(line(KEBAP)), EndBasket(), now=OVER - timedelta(seconds=1)).then_nothing().setting(ends(OVER))
    when(after(), EndBasket(), now=OVER).then_nothing()
    handed = when(filled(line(KEBAP)), HandOver(user_id=ID)).state
    when(handed, EndBasket(), now=OVER).then_nothing()


def test_a_store_that_is_made_anew_sets_the_timer_of_what_lives() -> None:
    assert DECIDER.renews(filled(line(KEBAP))) == EndBasket()
    assert DECIDER.renews(Contents()) is None


# -- what is shown of it


def shown(*events: Message, key: str = CART) -> Any:
    document: Any = None
    for version, event in enumerate(events, start=1):
        seen = BASKET.show(document, event, EventMeta(f"e-{version}", key, version, NOW)).document
        document = None if seen is None else stored(seen)
    return document


def test_its_document_says_how_long_it_lives() -> None:
    document = shown(LineSet(line=line(KEBAP)), Kept(life=life()), LineRemoved(meal_id=KEBAP))
    assert document.items == ()
    assert document.life == AnonymousLife(cart_id=CART_ID, created_at=NOW, updated_at=NOW, expires_at=OVER)


def test_once_over_or_handed_over_it_is_not_shown() -> None:
    first = (LineSet(line=line(KEBAP)), Kept(life=life()))
    assert shown(*first, Expired()) is None
    assert shown(*first, HandedOver(user_id=ID, strategy="replace")) is None
    anew = shown(*first, Expired(), LineSet(line=line(AYRAN)), Kept(life=life(LATER)))
    assert [item.meal_id for item in anew.items] == [AYRAN] and anew.life.created_at == LATER


def test_the_document_of_a_user_holds_nothing_but_the_lines() -> None:
    """The edge cuts the list out of it."""
    document = msgspec.json.encode(shown(LineSet(line=line(KEBAP)), key=ID))
    assert document.startswith(b'{"items":[') and document.endswith(b"]}")
    assert msgspec.json.decode(document, type=Basket).life is None
