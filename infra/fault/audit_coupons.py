"""No coupon is used more often than it may, and each use that is counted is an order's."""

from collections import Counter

from agents.discount.decider import DECIDER, Uses
from infra.fault.evidence import Evidence
from infra.fault.findings import Findings
from topics.contracts import all_topics
from topics.contracts.order_events import OrderCancelled, OrderExpired, OrderPlaced, OrderRejected
from topics.keys import coupon_share


def audit(evidence: Evidence, findings: Findings) -> None:
    used = {key: DECIDER.form.decode(body) for key, (_, body) in evidence.stores["discount"].states.items()}
    coupons = {key: uses for key, uses in used.items() if uses.terms is not None}
    placed = orders(evidence)
    findings.breaks(
        "uses counted are not the orders'",
        (f"{key}: {uses.used} counted, {placed[key]} orders" for key, uses in used.items() if _counts(key, uses, used)
         and uses.used != placed[key]),
    )  # fmt: skip
    findings.breaks("used more often than it may", _too_often(coupons, placed))
    findings.measured(orders_with_coupon=sum(placed[key] for key in coupons))


def _counts(key: str, uses: Uses, used: dict[str, Uses]) -> bool:
    """A user's share is counted only where the coupon limits it."""
    code = key.partition(":")[0]
    return uses.terms is not None or (code in used and used[code].terms is not None)


GIVES_BACK = OrderCancelled | OrderRejected | OrderExpired


def orders(evidence: Evidence) -> Counter[str]:
    """Orders that stand, by coupon and by user's share of it."""
    topic, found = all_topics()["order_events"], Counter[str]()
    for entry in evidence.distinct("order"):
        order = topic.decode(entry.type, entry.body, entry.schema_version)
        if isinstance(order, OrderPlaced | GIVES_BACK) and order.coupon_code is not None:
            places = (order.coupon_code, coupon_share(order.coupon_code, order.user_id))
            found.update(places) if isinstance(order, OrderPlaced) else found.subtract(places)
    return found


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
