"""Reviews: who may give one, once; and what becomes of the ratings."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.restaurant import policy
from agents.restaurant.decider import DECIDER
from agents.restaurant.facts import DELIVERED, Delivered, Facts
from agents.restaurant.projection import RESTAURANT, REVIEW, review_indexes
from tests.agents import scenario
from tests.agents.scenario import LATER, NOW, shown
from topics import keys
from topics.contracts import restaurant_commands
from topics.contracts.order_events import OrderCancelled, OrderDelivered, OrderErased
from topics.contracts.restaurant_commands import CountRating, EraseReview, GiveReview
from topics.contracts.restaurant_events import (
    RatingCounted,
    RestaurantChanged,
    RestaurantDetails,
    RestaurantOpened,
    ReviewErased,
    ReviewGiven,
)
from topics.deciding.decision import Context, Decision, Origin, Send
from topics.messages.event import EventMeta

GUEST, RESTAURANT_ID, ORDER_ID = "guest-1", "mahmut", "order-1"
OPENED = RestaurantOpened(owner_id="owner-1", details=RestaurantDetails(name="Mahmut"), opened_at=NOW)
KNOWN = Facts(delivered={ORDER_ID: Delivered(user_id=GUEST, restaurant_id=RESTAURANT_ID)})
GIVE = GiveReview(restaurant_id=RESTAURANT_ID, order_id=ORDER_ID, rating=4, comment="Sıcak geldi")
GIVEN = ReviewGiven(
    order_id=ORDER_ID, restaurant_id=RESTAURANT_ID, rating=4, comment="Sıcak geldi", given_at=NOW
)  # fmt: skip


def decided(
    *events: Any, command: GiveReview = GIVE, caller: str | None = GUEST, facts: Facts = KNOWN
) -> Decision[Any]:
    """By the review of the order: scenarios know one id only."""
    state = scenario.evolved(DECIDER, DECIDER.state(), events)
    assert list(DECIDER.needs(command, state)) == [("delivered", command.order_id)]
    context = Context("command", keys.review(ORDER_ID), LATER if events else NOW, caller=caller)
    return DECIDER.decide(command, state, facts, context)


def code(decision: Decision[Any]) -> str | None:
    return decision.rejection and decision.rejection.code


def test_who_had_it_delivered_reviews_it_once_and_again_alike_is_fine() -> None:
    first = decided()
    assert first.events == (GIVEN,)
    again = decided(GIVEN)
    assert (again.events, again.answer) == ((), first.answer)
    assert code(decided(GIVEN, command=replace(GIVE, rating=1))) == "already_reviewed"


@pytest.mark.parametrize(
    "more",
    [
        {"caller": "another"},
        {"caller": None},
        {"facts": Facts()},
        {"command": replace(GIVE, restaurant_id="another")},
        {"command": replace(GIVE, order_id="order-2")},
        {
            "command": replace(GIVE, order_id="order-2"),
            "facts": Facts(delivered={"order-2": KNOWN.delivered[ORDER_ID]}),
        },
    ],
)
def test_nobody_reviews_what_was_not_delivered_to_them_from_there(more: dict[str, Any]) -> None:
    refused = decided(**more)
    assert code(refused) == "not_found" and refused == decided(facts=Facts())


def test_an_operator_brings_reviews_of_orders_that_are_not_known_here() -> None:
    first = decided(caller=None, facts=Facts())
    assert first.events == (GIVEN,)
    assert code(decided(ReviewErased(), caller=None, facts=Facts())) == "not_found"


def test_an_order_may_be_reviewed_once_it_is_delivered_and_until_it_is_erased() -> None:
    meta = EventMeta("event", ORDER_ID, 1, NOW)
    delivered = OrderDelivered(user_id=GUEST, restaurant_id=RESTAURANT_ID, delivered_at=NOW)
    copy = DELIVERED.show(None, OrderCancelled(user_id=GUEST, reason="", cancelled_at=NOW), meta).document
    assert copy is None
    copy = DELIVERED.show(copy, delivered, meta).document
    assert copy == KNOWN.delivered[ORDER_ID]
    assert DELIVERED.show(copy, OrderErased(user_id=GUEST, previous_order_id=None), meta).document is None


def sent(sends: Sequence[Send]) -> list[tuple[str, str, Any]]:
    return [(each.topic.name, each.key, each.message) for each in sends]


def test_a_review_is_counted_by_its_restaurant() -> None:
    state = scenario.evolved(DECIDER, DECIDER.state(), (GIVEN,))
    found = policy.react(GIVEN, EventMeta("event", keys.review(ORDER_ID), 1, NOW), state)
    assert sent(list(found)) == [(restaurant_commands.TOPIC.name, RESTAURANT_ID, CountRating(rating=4))]


def test_an_erased_order_takes_the_comment_with_it_and_leaves_the_rating() -> None:
    origin = Origin("event", "/lezzet/order", NOW, aggregate_id=ORDER_ID)
    found = policy.erase_review(OrderErased(user_id=GUEST, previous_order_id=None), origin)
    assert sent(list(found)) == [(restaurant_commands.TOPIC.name, "review:order-1", EraseReview())]
    scenario.given(DECIDER, GIVEN).when(EraseReview(), caller=None).then(ReviewErased())
    scenario.given(DECIDER, GIVEN, ReviewErased()).when(EraseReview(), caller=None).then_nothing()
    document = shown(REVIEW, GIVEN, ReviewErased())
    assert (document.rating, document.comment) == (4, "")
    kept = scenario.evolved(DECIDER, DECIDER.state(), (GIVEN, ReviewErased()))
    assert "Sıcak" not in str(kept)


def test_a_review_that_comes_after_the_erasure_is_refused() -> None:
    scenario.given(DECIDER).when(EraseReview(), caller=None).then(ReviewErased())
    assert code(decided(ReviewErased())) == "not_found"
    assert shown(REVIEW, ReviewErased()) is None


def test_nothing_tells_who_gave_a_review() -> None:
    document = shown(REVIEW, GIVEN)
    assert GUEST not in str(document) and ORDER_ID not in str(document)
    assert review_indexes(document) == {keys.reviews(RESTAURANT_ID): NOW.timestamp()}


def test_other_events_show_no_review() -> None:
    assert shown(REVIEW, OPENED) is None and shown(RESTAURANT, GIVEN) is None


@settings(deadline=None)
@for_all(st.lists(st.integers(1, 5), max_size=40))
def test_a_restaurants_rating_is_that_of_all_its_reviews(ratings: list[int]) -> None:
    events: list[Any] = [OPENED]
    for rating in ratings:
        counted = scenario.given(DECIDER, *events).when(CountRating(rating=rating), caller=None).decision.events
        events += counted
        events.append(RestaurantChanged(details=RestaurantDetails(name="Usta"), changed_at=LATER))
    document = shown(RESTAURANT, *events)
    assert document.rating_count == len(ratings)
    assert document.rating_avg == (round(sum(ratings) / len(ratings), 2) if ratings else 0)
    totals = [(event.total, event.count) for event in events if isinstance(event, RatingCounted)]
    assert totals == [(sum(ratings[:count]), count) for count in range(1, len(ratings) + 1)]
    answer = scenario.given(DECIDER, *events).when(restaurant_commands.ChangeRestaurant(), caller="owner-1")
    answer.answering(rating_avg=document.rating_avg, rating_count=len(ratings))


def test_a_restaurant_that_nobody_opened_counts_nothing() -> None:
    scenario.given(DECIDER).when(CountRating(rating=5), caller=None).then_nothing()
