"""The state of a basket, and how events change it."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from agents.basket.merging import Refused
from topics.contracts.basket_events import (
    BasketErased,
    CheckedOut,
    CheckoutRepeated,
    Cleared,
    CouponApplied,
    CouponDropped,
    Event,
    Expired,
    HandedOver,
    Kept,
    Life,
    Line,
    LineRemoved,
    LineSet,
    LinesRestored,
    OrderedItem,
    TakenBack,
    TakenOver,
    TakeOverRefused,
)
from topics.values.kurus import lira_before


class LastCheckout(msgspec.Struct, frozen=True, kw_only=True):
    """The newest checkout. The same checkout, asked for again shortly afterwards, is answered with this order.

    put_in_since: something was put into the basket after it; that the basket is empty is then not due to it.
    """

    order_id: str
    at: datetime
    items: tuple[OrderedItem, ...]
    put_in_since: bool = False


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """lines: by meal id, in the order in which the meals came in. All are of one restaurant. coupon: for the next checkout.

    life: of an anonymous basket that is there. handed_to: the user whose basket took its lines, while it has no new life.
    refused: the last anonymous basket that a user's could not take over. newest_order_id: of the last checkout, whatever
    became of it. erased: the user's account is no more, and nothing else is known.
    """

    lines: dict[str, Line] = msgspec.field(default_factory=dict[str, Line])
    coupon: str | None = None
    last: LastCheckout | None = None
    life: Life | None = None
    handed_to: str | None = None
    refused: Refused | None = None
    newest_order_id: str | None = None
    erased: bool = False

    @property
    def restaurant_id(self) -> str | None:
        return next((line.restaurant_id for line in self.lines.values()), None)


IN_KURUS = lira_before("lines.*.price", "last.items.price_was")
"""The first form of this state had lira."""


def evolve(contents: Contents, event: Event) -> Contents:
    match event:
        case LineSet(line=line):
            return replace(
                contents, lines={**contents.lines, line.meal_id: line}, last=_with_later_lines(contents.last)
            )
        case LineRemoved(meal_id=meal_id):
            return replace(contents, lines=_without(contents.lines, {meal_id}))
        case Cleared():
            return replace(contents, lines={}, coupon=None)
        case CheckedOut():
            return _checked_out(contents, event)
        case LinesRestored():
            return _restored(contents, event)
        case CouponApplied(code=code):
            return replace(contents, coupon=code)
        case CouponDropped():
            return replace(contents, coupon=None)
        case CheckoutRepeated():
            return contents
        case TakenOver(lines=lines, strategy=strategy):
            kept = {} if strategy == "replace" else contents.lines
            return replace(contents, lines=_with(kept, lines), refused=None, last=_with_later_lines(contents.last))
        case TakeOverRefused(anonymous_id=anonymous_id, code=code, detail=detail):
            return replace(contents, refused=Refused(anonymous_id=anonymous_id, code=code, detail=detail))
        case Kept() | Expired() | HandedOver() | TakenBack():
            return _anonymous(contents, event)
        case BasketErased():
            return Contents(erased=True)
        case _:
            assert_never(event)


def _with_later_lines(last: LastCheckout | None) -> LastCheckout | None:
    return last and replace(last, put_in_since=True)


def _without(lines: dict[str, Line], gone: set[str]) -> dict[str, Line]:
    return {name: line for name, line in lines.items() if name not in gone}


def _with(lines: dict[str, Line], more: tuple[Line, ...]) -> dict[str, Line]:
    return {**lines, **{line.meal_id: line for line in more}}


def _anonymous(contents: Contents, event: Kept | Expired | HandedOver | TakenBack) -> Contents:
    match event:
        case Kept(life=life):
            return replace(contents, life=life, handed_to=None)
        case Expired():
            return Contents()
        case HandedOver(user_id=user_id):
            return Contents(handed_to=user_id)
        case TakenBack(lines=lines):
            return replace(contents, lines=_with(contents.lines, lines))
        case _:
            assert_never(event)


def _checked_out(contents: Contents, event: CheckedOut) -> Contents:
    last = None if event.at is None else LastCheckout(order_id=event.order_id, at=event.at, items=event.items)
    left = _without(contents.lines, {line.meal_id for line in event.cleared})
    coupon = None if event.cleared_coupon else contents.coupon
    return replace(contents, lines=left, coupon=coupon, last=last, newest_order_id=event.order_id)


def _restored(contents: Contents, event: LinesRestored) -> Contents:
    lines = _with(contents.lines, event.lines)
    forgotten = contents.last is not None and contents.last.order_id == event.order_id
    last = None if forgotten else contents.last
    return replace(contents, lines=lines, coupon=event.coupon_code or contents.coupon, last=last)
