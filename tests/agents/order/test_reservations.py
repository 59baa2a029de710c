"""Orders, slots and coupons together, as their deciders and policies have it: whatever comes in between, what is reserved in
the end is what the placed orders have."""

import random
from collections import defaultdict
from typing import Any

import pytest

from agents.discount import policy as discount_policy
from agents.discount.decider import DECIDER as DISCOUNT
from agents.order import policy as order_policy
from agents.order.decider import DECIDER as ORDER
from agents.order.facts import Facts
from agents.restaurant import policy as restaurant_policy
from agents.restaurant.decider import DECIDER as RESTAURANT
from tests.agents.order.test_decider import BOOK, meal, restaurant
from tests.agents.scenario import NOW
from tests.agents.together import Domain, Together
from topics.contracts import discount_commands, order_commands, restaurant_commands
from topics.contracts.basket_events import OrderedItem
from topics.contracts.discount_commands import CreateCoupon
from topics.contracts.order_commands import CancelOrder, EraseOrder, PlaceOrder, TellOutcome
from topics.copies import CouponCopy
from topics.deciding.discounting import Terms

LIMIT, USES, USERS = 3, 4, 4
CODE = "YAZ10"


class Flow(Together):
    """A restaurant with LIMIT orders in a slot, and a coupon with USES. Basket and payment are not there: they hear nothing."""

    def __init__(self, chance: random.Random, per_user: int | None) -> None:
        terms = Terms(
            code=CODE, kind="fixed", value=100, title="", created_at=NOW, total_limit=USES, per_user_limit=per_user
        )
        known = Facts(
            meals={"kebap": meal(10_000)}, restaurants={"mahmut": restaurant(orders_per_slot=LIMIT)},
            books={f"user-{number}": BOOK for number in range(USERS)}, coupons={CODE: CouponCopy(terms=terms)},
        )  # fmt: skip
        super().__init__(
            {
                order_commands.TOPIC.name: Domain(ORDER, order_policy.react, known),
                restaurant_commands.TOPIC.name: Domain(RESTAURANT, restaurant_policy.react, RESTAURANT.facts()),
                discount_commands.TOPIC.name: Domain(DISCOUNT, discount_policy.react, DISCOUNT.facts()),
            }
        )
        create = CreateCoupon(kind="fixed", value=100, total_limit=USES, per_user_limit=per_user)
        self.send(discount_commands.TOPIC, CODE, create)
        self.run(chance.randrange)


@pytest.mark.parametrize("per_user", [None, 1])
@pytest.mark.parametrize("seed", range(40))
def test_what_is_reserved_is_what_placed_orders_have(seed: int, per_user: int | None) -> None:
    chance = random.Random(seed)
    flow, orders = Flow(chance, per_user), [(f"order-{number}", f"user-{number % USERS}") for number in range(12)]
    items = (OrderedItem(meal_id="kebap", quantity=1),)
    wishes: list[tuple[str, Any, str | None]] = []
    for order_id, user in orders:
        place = PlaceOrder(
            user_id=user, restaurant_id="mahmut", items=items, payment_method="cash", restore=(),
            coupon_code=chance.choice([None, CODE]), schedule_date=chance.choice([None, "2026-03-02T20:00", "2026-03-02"]),
        )  # fmt: skip
        more = [
            (CancelOrder(reason=""), user),
            (TellOutcome(user_id=user), user),
            (EraseOrder(user_id=user), None),
            (place, user),
        ]
        wishes.append((order_id, place, user))
        wishes += [(order_id, wish, caller) for wish, caller in chance.choices(more, k=chance.randrange(4))]
    for order_id, command, caller in wishes:
        flow.send(order_commands.TOPIC, order_id, command, caller)
        for _ in range(chance.randrange(6)):
            flow.step(chance.randrange)
    flow.run(chance.randrange)
    found = flow.of(order_commands.TOPIC)
    assert all(order.drafted is None and (order.placed or order.refused) for order in found.values())
    placed = [order.placed for order in found.values() if order.placed and not order.cancelled]
    slots = defaultdict[str, int](int)
    for order in placed:
        if order.slot is not None:
            slots[f"{order.slot:%H:%M}"] += 1
    taken = [house.taken for house in flow.of(restaurant_commands.TOPIC).values()]
    assert {slot: number for each in taken for slot, number in each.items() if number} == dict(slots)
    assert all(number <= LIMIT for number in slots.values())
    uses = flow.of(discount_commands.TOPIC)
    with_coupon = [order.user_id for order in placed if order.coupon_code]
    assert uses[CODE].used == len(with_coupon) <= USES
    if per_user is not None:
        assert {key: share.used for key, share in uses.items() if key != CODE and share.used} == {
            f"{CODE}:{user}": 1 for user in with_coupon
        }
