"""An anonymous basket goes into a user's."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from agents.basket.contents import Contents
from agents.basket.decider import DECIDER, MAX_LINES
from agents.basket.policy import react
from tests.agents.basket.test_anonymous import CART, LATER, after, filled, life, shown, when
from tests.agents.basket.test_decider import AYRAN, KEBAP, SUSHI, line
from tests.agents.scenario import ID, NOW, Outcome
from topics.contracts import basket_commands
from topics.contracts.basket_commands import AddItem, HandOver, TakeBack, TakeOver
from topics.contracts.basket_events import HandedOver, Kept, LineSet, TakenBack, TakenOver, TakeOverRefused
from topics.deciding.choosing import ChosenOption
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

OTHER = "5a0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f"


def users(*lines: Any) -> Contents:
    return after(*(LineSet(line=one) for one in lines))


def take(*lines: Any, strategy: Any = "add_quantities") -> TakeOver:
    return TakeOver(anonymous_id=CART, strategy=strategy, lines=lines, life=life())


def taken(state: Contents, command: TakeOver) -> Outcome:
    return when(state, command, key=ID)


# -- the anonymous side


def test_a_basket_that_is_handed_over_is_gone() -> None:
    outcome = when(filled(line(KEBAP), line(AYRAN)), HandOver(user_id=ID, strategy="replace"))
    outcome.handed_on().then(HandedOver(user_id=ID, strategy="replace", lines=(line(KEBAP), line(AYRAN)), life=life()))
    assert outcome.state == Contents(handed_to=ID)


def test_a_basket_that_was_never_made_cannot_be_handed_over() -> None:
    when(after(), HandOver(user_id=ID)).then_rejected("not_found")


def test_a_basket_is_not_handed_over_to_an_anonymous_one() -> None:
    when(filled(line(KEBAP)), HandOver(user_id=CART)).then_rejected("not_found")


def test_a_repeat_has_nothing_to_give_and_asks_for_a_report() -> None:
    once = when(filled(line(KEBAP)), HandOver(user_id=ID))
    when(once.state, HandOver(user_id=ID)).handed_on().then(HandedOver(user_id=ID, strategy="add_quantities"))
    when(once.state, HandOver(user_id=OTHER)).then_rejected("not_found")


def test_a_cart_id_begins_a_new_basket_after_its_merge() -> None:
    once = when(filled(line(KEBAP)), HandOver(user_id=ID))
    again = when(once.state, AddItem(meal_id=AYRAN, quantity=1), now=LATER)
    assert again.decision.events[-1] == Kept(life=life(LATER))
    when(again.state, HandOver(user_id=OTHER), now=LATER).handed_on()


# -- the user's side


def test_quantities_are_added_and_the_users_own_note_stays() -> None:
    mine, theirs = line(KEBAP, 2, note="az acılı"), line(KEBAP, 3, id="theirs", note="çok acılı")
    outcome = taken(users(mine), take(theirs, line(AYRAN)))
    outcome.then(TakenOver(lines=(line(KEBAP, 5, note="az acılı"), line(AYRAN)), strategy="add_quantities"))
    outcome.answering(user_cart_items=2, merged_items_count=2, conflicts_resolved=1)
    outcome.answering(conflicts=[{"meal_id": KEBAP, "name": "Adana", "quantity": 5, "lost": ["note"]}])


def test_a_line_without_a_note_takes_the_other_ones() -> None:
    outcome = taken(users(line(KEBAP)), take(line(KEBAP, note="acılı", schedule_date="2026-03-05")))
    assert outcome.state.lines[KEBAP] == line(KEBAP, 2, note="acılı", schedule_date="2026-03-05")


def test_a_quantity_ends_at_ninety_nine() -> None:
    outcome = taken(users(line(KEBAP, 60)), take(line(KEBAP, 60)))
    assert outcome.state.lines[KEBAP].quantity == 99
    outcome.answering(conflicts_resolved=1)


def test_an_empty_basket_takes_any_restaurant() -> None:
    taken(users(), take(line(SUSHI))).then(TakenOver(lines=(line(SUSHI),), strategy="add_quantities"))


def test_lines_of_another_restaurant_are_refused_and_go_back() -> None:
    outcome = taken(users(line(KEBAP)), take(line(SUSHI))).handed_on()
    (refused,) = outcome.decision.events
    assert isinstance(refused, TakeOverRefused)
    assert (refused.anonymous_id, refused.lines, refused.life) == (CART, (line(SUSHI),), life())
    assert refused.code == "different_restaurant" and "different restaurant" in refused.detail
    assert outcome.state.lines == {KEBAP: line(KEBAP)}


def test_more_than_a_basket_holds_is_refused() -> None:
    mine = users(*(line(f"m-{number}") for number in range(MAX_LINES)))
    (refused,) = taken(mine, take(line("one-more"))).decision.events
    assert refused.code == "basket_full"
    taken(mine, take(line("m-1"))).answering(user_cart_items=MAX_LINES, conflicts_resolved=1)


def test_a_users_basket_is_replaced_whatever_it_held() -> None:
    outcome = taken(users(line(KEBAP), line(AYRAN)), take(line(SUSHI, 4), strategy="replace"))
    outcome.then(TakenOver(lines=(line(SUSHI, 4),), strategy="replace"))
    outcome.answering(user_cart_items=1, merged_items_count=1, conflicts_resolved=2)
    gone = [
        {"meal_id": meal, "name": name, "quantity": 0, "lost": ["line"]}
        for meal, name in ((KEBAP, "Adana"), (AYRAN, "Ayran"))
    ]
    outcome.answering(conflicts=gone)
    assert outcome.state.lines == {SUSHI: line(SUSHI, 4)}


@pytest.mark.parametrize("strategy", ["add_quantities", "replace"])
def test_an_empty_basket_or_a_repeat_takes_nothing_away(strategy: str) -> None:
    for command in (take(strategy=strategy), TakeOver(anonymous_id=CART, strategy=strategy)):  # type: ignore[arg-type]
        outcome = taken(users(line(KEBAP)), command)
        outcome.then_nothing().answering(user_cart_items=1, merged_items_count=0, conflicts_resolved=0)


def test_a_repeat_that_is_under_way_while_the_merge_is_refused_is_refused_too() -> None:
    """Clients drop the id of their basket once they hear of a success."""
    refused = taken(users(line(KEBAP)), take(line(SUSHI)))
    repeat = taken(refused.state, TakeOver(anonymous_id=CART, strategy="add_quantities"))
    assert repeat.handed_on().decision.events[0].code == "different_restaurant"
    assert repeat.decision.events[0].lines == ()


# -- a refusal goes back


def test_lines_that_were_refused_are_back_and_whoever_asked_hears_why() -> None:
    gone = when(filled(line(SUSHI, 2)), HandOver(user_id=ID)).state
    back = TakeBack(lines=(line(SUSHI, 2),), life=life(), code="different_restaurant", detail="a different restaurant")
    outcome = when(gone, back)
    outcome.then_rejected("different_restaurant", but=(TakenBack(lines=(line(SUSHI, 2),)), Kept(life=life())))
    assert outcome.state == filled(line(SUSHI, 2))


def test_what_was_put_in_since_then_stays_as_it_is() -> None:
    begun = after(LineSet(line=line(KEBAP, 1)), Kept(life=life(LATER)))
    back = TakeBack(lines=(line(KEBAP, 7), line(AYRAN), line(SUSHI)), life=life(), code="c", detail="d")
    outcome = when(begun, back, now=LATER)
    assert outcome.state.lines == {KEBAP: line(KEBAP, 1), AYRAN: line(AYRAN)}
    assert outcome.state.life == life(NOW, LATER)
    nothing = TakeBack(lines=(line(SUSHI),), life=life(), code="c", detail="d")
    when(begun, nothing, now=LATER).then_rejected("c", but=())


def test_the_report_says_what_is_lost_of_a_line() -> None:
    az, cok = (ChosenOption(name="Acı", choice=choice, price=0) for choice in ("az", "çok"))
    mine = line(KEBAP, 60, note="kapıda", schedule_date="2026-03-05", options=(az,))
    theirs = line(KEBAP, 60, note="zil bozuk", schedule_date="2026-03-06", options=(cok,))
    lost = ["quantity", "note", "schedule_date", "options"]
    outcome = taken(users(mine), take(theirs))
    outcome.answering(conflicts=[{"meal_id": KEBAP, "name": "Adana", "quantity": 99, "lost": lost}])
    assert outcome.state.lines[KEBAP].options == (az,)
    fewer = line(KEBAP, 1, options=(cok,))
    outcome = taken(users(mine), take(fewer, strategy="replace"))
    outcome.answering(conflicts=[{"meal_id": KEBAP, "name": "Adana", "quantity": 1, "lost": lost}])
    alike = taken(users(line(KEBAP)), take(line(KEBAP)))
    alike.answering(conflicts=[{"meal_id": KEBAP, "name": "Adana", "quantity": 2, "lost": []}])


# -- the policy


def sent(event: Any, key: str) -> list[Send]:
    return list(react(event, EventMeta("e", key, 3, NOW), DECIDER.state()))


def test_handed_over_lines_go_to_the_users_basket_which_answers() -> None:
    event = HandedOver(user_id=ID, strategy="replace", lines=(line(KEBAP),), life=life())
    (send,) = sent(event, CART)
    assert (send.topic, send.key, send.answers) == (basket_commands.TOPIC, ID, True)
    assert send.message == take(line(KEBAP), strategy="replace")


def test_refused_lines_go_to_the_anonymous_basket_which_answers() -> None:
    event = TakeOverRefused(anonymous_id=CART, lines=(line(SUSHI),), life=life(), code="c", detail="d")
    (send,) = sent(event, ID)
    assert (send.topic, send.key, send.answers) == (basket_commands.TOPIC, CART, True)
    assert send.message == TakeBack(lines=(line(SUSHI),), life=life(), code="c", detail="d")


# -- views


def test_the_view_of_the_user_follows_a_merge() -> None:
    before = (LineSet(line=line(KEBAP)), LineSet(line=line(AYRAN)))
    refused = TakeOverRefused(anonymous_id=CART, lines=(line(SUSHI),), life=life(), code="c", detail="d")
    added = TakenOver(lines=(line(KEBAP, 4),), strategy="add_quantities")
    document = shown(*before, refused, added, key=ID)
    assert [(item.meal_id, item.quantity) for item in document.items] == [(KEBAP, 4), (AYRAN, 1)]
    document = shown(*before, TakenOver(lines=(line(SUSHI),), strategy="replace"), key=ID)
    assert [item.meal_id for item in document.items] == [SUSHI]


def test_the_view_of_an_anonymous_basket_comes_back_after_a_refusal() -> None:
    first = (LineSet(line=line(SUSHI)), Kept(life=life()))
    handed = HandedOver(user_id=ID, strategy="add_quantities", lines=(line(SUSHI),), life=life())
    document = shown(*first, handed, TakenBack(lines=(line(SUSHI),)), Kept(life=life()))
    assert document == shown(*first)


LINES = st.dictionaries(st.sampled_from([KEBAP, AYRAN]), st.integers(1, 99), min_size=1)


@for_all(LINES, LINES, st.sampled_from(["add_quantities", "replace"]))
def test_no_line_is_lost_and_the_report_says_what_is_there(
    mine: dict[str, int], theirs: dict[str, int], strategy: str
) -> None:
    state = users(*(line(meal, quantity) for meal, quantity in mine.items()))
    lines = [line(meal, quantity) for meal, quantity in theirs.items()]
    outcome = taken(state, take(*lines, strategy=strategy))
    found = {meal: one.quantity for meal, one in outcome.state.lines.items()}
    both = {meal: min(99, mine.get(meal, 0) + theirs.get(meal, 0)) for meal in mine | theirs}
    assert found == (theirs if strategy == "replace" else both)
    outcome.answering(user_cart_items=len(found), merged_items_count=len(theirs))


CHOICES = st.sampled_from(["", "az", "çok"]).map(
    lambda choice: (ChosenOption(name="Acı", choice=choice, price=0),) if choice else ()
)
FULL_LINES = st.dictionaries(
    st.sampled_from([KEBAP, AYRAN]),
    st.tuples(st.integers(1, 99), st.sampled_from([None, "a", "b"]), CHOICES),
    min_size=1,
)


@for_all(FULL_LINES, FULL_LINES, st.sampled_from(["add_quantities", "replace"]))
def test_what_is_not_in_the_basket_after_a_merge_is_in_its_report(mine: Any, theirs: Any, strategy: str) -> None:
    """Every quantity, note and option of both baskets is there, or is told as lost."""

    def lines_of(said: Any) -> dict[str, Any]:
        return {meal: line(meal, many, note=note, options=options) for meal, (many, note, options) in said.items()}

    before, given = lines_of(mine), lines_of(theirs)
    outcome = taken(users(*before.values()), take(*given.values(), strategy=strategy))
    now, report = outcome.state.lines, outcome.decision.answer
    conflicts = {each.meal_id: each for each in report.conflicts}
    assert report.conflicts_resolved == len(conflicts)
    assert conflicts.keys() == (before.keys() if strategy == "replace" else before.keys() & given.keys())
    for meal, conflict in conflicts.items():
        assert conflict.quantity == (now[meal].quantity if meal in now else 0)
        assert ("line" in conflict.lost) == (meal not in now)
        gone = before[meal] if strategy == "replace" else given[meal]
        if meal in now:
            wanted = gone.quantity if strategy == "replace" else before[meal].quantity + gone.quantity
            assert ("quantity" in conflict.lost) == (now[meal].quantity < wanted)
            assert ("note" in conflict.lost) == (gone.note not in (None, now[meal].note))
            assert ("options" in conflict.lost) == (gone.options not in ((), now[meal].options))
    for meal in (before.keys() | given.keys()) - conflicts.keys():
        assert now[meal] == (given.get(meal) or before.get(meal))
