"""What a coupon may do, and a user's share of it.

A coupon counts all its uses. How often each user has used it is counted in shares, aggregates of their own: else a
coupon's state would grow with its users.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import asdict, replace

from agents.discount.facts import Facts
from agents.discount.limits import COUPONS
from agents.discount.projection import coupon
from topics.contracts.discount_commands import AskOutcome, Command, CreateCoupon, ReleaseUse, ReserveShare, ReserveUse
from topics.contracts.discount_events import (
    CouponCreated,
    Event,
    OutcomeAsked,
    ShareRefused,
    ShareReserved,
    UseRefused,
    UseReleased,
    UseReserved,
)
from topics.copies import RESTAURANTS
from topics.deciding import discounting
from topics.deciding.decision import Context, Decider, Decision, Rejection, accept, hand_on, reject
from topics.deciding.discounting import AMOUNTS, WHOLE, Terms
from topics.deciding.seats import Seat
from topics.values.kurus import lira_before


class Uses(msgspec.Struct, frozen=True, kw_only=True):
    """terms None: a share of a user, or a code that nobody has made a coupon of."""

    terms: Terms | None = None
    used: int = 0


def decide(command: Command, uses: Uses, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case CreateCoupon():
            return _create(command, uses, facts, context)
        case ReserveUse():
            return _reserve(command, uses, context)
        case ReserveShare():
            return _reserve_share(command, uses)
        case ReleaseUse(order_id=order_id, user_id=user_id):
            released = UseReleased(order_id=order_id, user_id=user_id, used=max(0, uses.used - 1))
            return accept(released) if uses.used else accept()
        case AskOutcome(order_id=order_id, user_id=user_id):
            limited = uses.terms is not None and uses.terms.per_user_limit is not None
            return hand_on(OutcomeAsked(order_id=order_id, user_id=user_id, to_share=limited and not command.to_share))
        case _:
            assert_never(command)


def _create(command: CreateCoupon, uses: Uses, facts: Facts, context: Context) -> Decision[Event]:
    if not _may_create(command, facts, context):
        return reject("not_found", "you have no such restaurant", field="restaurant_id")
    refused = _contradiction(command, context.now)
    if refused is not None:
        return Decision(rejection=refused)
    terms = _terms(command, context)
    if uses.terms is None:
        return _made(terms, context)
    if replace(terms, created_at=uses.terms.created_at) == uses.terms:
        return accept(answer=coupon(uses.terms), takes=())
    return reject("coupon_exists", "there is a coupon with this code already", field="code")


def _made(terms: Terms, context: Context) -> Decision[Event]:
    created = CouponCreated(terms=terms)
    if terms.restaurant_id is None:
        return accept(created, answer=coupon(terms))
    seat = COUPONS.free(terms.restaurant_id, context)
    if seat is None:
        return reject("too_many_coupons", f"a restaurant makes at most {COUPONS.most} coupons")
    return accept(created, answer=coupon(terms), takes=(seat,))


def _may_create(command: CreateCoupon, facts: Facts, context: Context) -> bool:
    """A coupon for everywhere is made by operators, whose commands have no caller."""
    if command.restaurant_id is None:
        return context.caller is None
    restaurant = facts.restaurants.get(command.restaurant_id)
    return restaurant is not None and restaurant.owner_id == context.caller


def _contradiction(command: CreateCoupon, now: datetime) -> Rejection | None:
    if command.kind == "percent" and command.value > WHOLE:
        return Rejection("invalid_input", "at most 100 percent", "value")
    if command.kind == "fixed" and command.max_discount is not None:
        return Rejection("invalid_input", "belongs to a percentage only", "max_discount")
    begin, end = command.valid_from, command.valid_until
    if end is not None and end <= now:
        return Rejection("invalid_input", "is over already", "valid_until")
    if begin is not None and end is not None and end <= begin:
        return Rejection("invalid_input", "must be after valid_from", "valid_until")
    return None


def _terms(command: CreateCoupon, context: Context) -> Terms:
    return Terms(code=context.aggregate_id, created_at=context.now, **asdict(command))


def _reserve(command: ReserveUse, uses: Uses, context: Context) -> Decision[Event]:
    """Counts the coupon's own uses. Where it limits uses per user, the policy then asks the user's share."""
    refused = discounting.refusal(uses.terms, context.now, command.restaurant_id, command.subtotal, uses.used, 0)
    if refused is not None or uses.terms is None:
        why = refused or discounting.UNKNOWN
        return hand_on(UseRefused(order_id=command.order_id, user_id=command.user_id, code=why.code, detail=why.detail))
    reserved = UseReserved(
        order_id=command.order_id,
        user_id=command.user_id,
        used=uses.used + 1,
        per_user_limit=uses.terms.per_user_limit,
    )
    return hand_on(reserved)


def _reserve_share(command: ReserveShare, uses: Uses) -> Decision[Event]:
    if uses.used < command.limit:
        return hand_on(ShareReserved(order_id=command.order_id, user_id=command.user_id, used=uses.used + 1))
    why = discounting.used_up_by_user(command.code)
    refused = ShareRefused(
        coupon=command.code, order_id=command.order_id, user_id=command.user_id, code=why.code, detail=why.detail
    )
    return hand_on(refused)


def claims(command: Command, code: str, caller: str | None) -> Iterable[Seat]:
    """A place among the restaurant's coupons."""
    if isinstance(command, CreateCoupon) and command.restaurant_id is not None:
        return COUPONS.of(command.restaurant_id)
    return ()


def needs(command: Command, uses: Uses) -> Iterable[tuple[str, str]]:
    if isinstance(command, CreateCoupon) and command.restaurant_id is not None:
        yield RESTAURANTS.name, command.restaurant_id


def evolve(uses: Uses, event: Event) -> Uses:
    match event:
        case CouponCreated():
            return replace(uses, terms=event.terms)
        case UseReserved() | ShareReserved() | UseReleased():
            return replace(uses, used=event.used)
        case UseRefused() | ShareRefused() | OutcomeAsked():
            return uses
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, Uses, Facts](
    state=Uses,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(RESTAURANTS,),
    needs=needs,
    claims=claims,
    upcasts=(lira_before(*(f"terms.{name}" for name in AMOUNTS)),),
)
