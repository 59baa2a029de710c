"""The coupon of a basket, and a preview of what it is worth. Its use is reserved only when an order is placed."""

from collections.abc import Iterable
from dataclasses import replace

from agents.basket.contents import Contents
from agents.basket.facts import Facts
from agents.basket.lines import as_sold_now
from topics.contracts.basket_commands import ApplyCoupon
from topics.contracts.basket_events import CouponApplied, CouponDropped, Event
from topics.copies import COUPONS, MEALS, RESTAURANTS, CouponCopy
from topics.deciding import discounting
from topics.deciding.decision import Context, Decision, accept
from topics.deciding.discounting import Terms
from topics.deciding.pricing import Charge, Totals, totals
from topics.documents import Done
from topics.documents.order import CouponPreview
from topics.keys import coupon_share
from topics.values.kurus import lira

DROPPED = Done(message="The basket has no coupon.")


def apply(command: ApplyCoupon, contents: Contents, facts: Facts, context: Context) -> Decision[Event]:
    coupon = facts.coupons.get(command.code, CouponCopy())
    share = facts.coupons.get(coupon_share(command.code, command.user_id), CouponCopy())
    sums = _sums(contents, facts, None)
    restaurant_id = contents.restaurant_id or (coupon.terms.restaurant_id if coupon.terms else None)
    refused = discounting.refusal(coupon.terms, context.now, restaurant_id, sums.subtotal, coupon.used, share.used)
    if refused is not None or coupon.terms is None:
        return Decision(rejection=replace(refused or discounting.UNKNOWN, field="code"))  # as this request calls it
    preview = _preview(coupon.terms, _sums(contents, facts, coupon.terms))
    return accept(answer=preview) if contents.coupon == command.code else _applied(command.code, preview)


def _applied(code: str, preview: CouponPreview) -> Decision[Event]:
    return accept(CouponApplied(code=code), answer=preview)


def drop(contents: Contents) -> Decision[Event]:
    return accept(CouponDropped(), answer=DROPPED) if contents.coupon else accept(answer=DROPPED)


def _sums(contents: Contents, facts: Facts, terms: Terms | None) -> Totals:
    """At the prices of now, of what is on sale."""
    now = [as_sold_now(line, facts.meals.get(line.meal_id)) for line in contents.lines.values()]
    charges = [Charge(line.price, line.quantity) for line in now if line.is_available]
    restaurant = facts.restaurants.get(contents.restaurant_id or "")
    fee = restaurant.delivery_fee if restaurant else 0
    subtotal = totals(charges, fee).subtotal
    return totals(charges, fee, discounting.discount(terms, subtotal) if terms else 0)


def _preview(terms: Terms, sums: Totals) -> CouponPreview:
    return CouponPreview(
        code=terms.code,
        coupon_code=terms.code,
        subtotal=sums.subtotal,
        discount=sums.discount,
        delivery_fee=sums.delivery_fee,
        total=sums.total,
        message=f"{terms.code} takes {lira(sums.discount)} TL off.",
    )


def needs(command: ApplyCoupon, contents: Contents) -> Iterable[tuple[str, str]]:
    yield COUPONS.name, command.code
    yield COUPONS.name, coupon_share(command.code, command.user_id)
    if contents.restaurant_id is not None:
        yield RESTAURANTS.name, contents.restaurant_id
    for meal_id in contents.lines:
        yield MEALS.name, meal_id
