"""Orders and coupons together."""

from agents.discount import policy as coupon_policy
from agents.discount.decider import DECIDER as COUPONS
from agents.order import policy as order_policy
from agents.order.decider import DECIDER as ORDERS
from agents.order.facts import Facts
from tests.agents.order.test_decider import facts
from tests.agents.together import Domain, Together
from topics.contracts import discount_commands, order_commands
from topics.contracts.basket_events import OrderedItem
from topics.contracts.order_commands import CancelOrder, PlaceOrder
from topics.copies import CouponCopy
from topics.deciding.discounting import Terms

CODE = "LAST1"


class Flow(Together):
    """terms: of the one coupon. The orders' copy of it never learns that it was used: the worst that can be."""

    def __init__(self, terms: Terms) -> None:
        known = facts()
        orders = Facts(meals=known.meals, restaurants=known.restaurants, coupons={CODE: CouponCopy(terms=terms)})
        super().__init__(
            {
                order_commands.TOPIC.name: Domain(ORDERS, order_policy.react, orders),
                discount_commands.TOPIC.name: Domain(COUPONS, coupon_policy.react, COUPONS.facts()),
            }
        )
        self.states[discount_commands.TOPIC.name, CODE] = COUPONS.state(terms=terms)

    def place(self, order_id: str, user_id: str) -> None:
        wish = PlaceOrder(
            user_id=user_id, restaurant_id="mahmut", items=(OrderedItem(meal_id="kebap", quantity=1),),
            payment_method="cash", coupon_code=CODE, pickup=True,
        )  # fmt: skip
        self.send(order_commands.TOPIC, order_id, wish, user_id)

    def cancel(self, order_id: str, user_id: str) -> None:
        self.send(order_commands.TOPIC, order_id, CancelOrder(), user_id)

    def used(self, key: str = CODE) -> int:
        """Of the coupon, or of a user's share of it."""
        found = self.of(discount_commands.TOPIC).get(key)
        return 0 if found is None else found.used
