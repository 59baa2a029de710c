"""No coupon is used more often than it may, and each use that is counted is an order's."""

from collections import Counter

from agents.discount.decider import DECIDER, Uses
from infra.audit.check import Ground
from infra.audit.ends import CAME_TO_NOTHING, PLACED
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from topics.contracts import all_topics
from topics.contracts.order_events import OrderPlaced
from topics.keys import coupon_share


class CouponsCheck:
    name = "coupons"
    promise = "each counted use of a coupon is an order's, and none is used too often"
    domains = frozenset({"order"})

    def __init__(self) -> None:
        self.placed = Counter[str]()  # orders that stand, by coupon and by user's share of it
        self._orders = all_topics()["order_events"]
        self._of: dict[str, tuple[str, str]] = {}  # order that stands → the same

    def see(self, event: Entry, *, again: bool) -> None:
        if again:
            return
        if event.type == PLACED:
            order = self._orders.decode(event.type, event.body, event.schema_version)
            if isinstance(order, OrderPlaced) and order.coupon_code is not None:
                places = order.coupon_code, coupon_share(order.coupon_code, order.user_id)
                self._of[event.aggregate] = places
                self.placed.update(places)
        elif event.type in CAME_TO_NOTHING:
            self.placed.subtract(self._of.pop(event.aggregate, ()))

    async def judge(self, ground: Ground, findings: Findings) -> None:
        stored = await ground.books.of("discount").states("discount")
        # What the domain has counted, by coupon and by user's share of it.
        used: dict[str, Uses] = {key: DECIDER.form.decode(body) for key, (_, body) in stored.items()}
        coupons = {key: uses for key, uses in used.items() if uses.terms is not None}
        findings.breaks(
            "uses counted are not the orders'",
            (f"{key}: {uses.used} counted, {self.placed[key]} orders" for key, uses in used.items()
             if _counts(key, uses, used) and uses.used != self.placed[key]),
        )  # fmt: skip
        findings.breaks("used more often than it may", _too_often(coupons, self.placed))
        findings.measured(orders_with_coupon=sum(self.placed[key] for key in coupons))


def _counts(key: str, uses: Uses, used: dict[str, Uses]) -> bool:
    """Whether what is stored under this key counts uses: it is a coupon, or a user's share of one that exists. Of a coupon that
    does not limit its users no share is stored."""
    code = key.partition(":")[0]
    return uses.terms is not None or (code in used and used[code].terms is not None)


def _too_often(coupons: dict[str, Uses], placed: Counter[str]) -> list[str]:
    wrong: list[str] = []
    for key, uses in coupons.items():
        limit, share = (uses.terms.total_limit, uses.terms.per_user_limit) if uses.terms else (None, None)
        if limit is not None and placed[key] > limit:
            wrong.append(f"{key}: {placed[key]} orders, {limit} are allowed")
        if share is not None:
            shares = {name: count for name, count in placed.items() if name.startswith(f"{key}:")}
            wrong += [f"{name}: {count} orders, {share} are allowed" for name, count in shares.items() if count > share]
    return wrong
