"""A reservation goes from the coupon to the user's share where the coupon limits that, and from there back to the order."""

from collections.abc import Iterable

from agents.discount.decider import Uses
from topics.contracts import discount_commands, order_commands
from topics.contracts.discount_commands import AskOutcome, ReleaseUse, ReserveShare
from topics.contracts.discount_events import (
    Event,
    OutcomeAsked,
    ShareRefused,
    ShareReserved,
    UseRefused,
    UseReserved,
)
from topics.contracts.order_commands import ConfirmCoupon, RefuseCoupon, TellOutcome
from topics.deciding.decision import Send
from topics.keys import coupon_share
from topics.messages.event import EventMeta


def react(event: Event, meta: EventMeta, uses: Uses) -> Iterable[Send]:
    match event:
        case UseReserved(per_user_limit=limit) if limit is not None:
            share = ReserveShare(code=meta.aggregate_id, order_id=event.order_id, user_id=event.user_id, limit=limit)
            key = coupon_share(meta.aggregate_id, event.user_id)
            yield Send(discount_commands.TOPIC, key, share, answers=True)
        case UseReserved() | ShareReserved():
            yield Send(order_commands.TOPIC, event.order_id, ConfirmCoupon(), answers=True)
        case UseRefused() | ShareRefused():
            refuse = RefuseCoupon(code=event.code, detail=event.detail)
            yield Send(order_commands.TOPIC, event.order_id, refuse, answers=True)
            if isinstance(event, ShareRefused):
                release = ReleaseUse(order_id=event.order_id, user_id=event.user_id)
                yield Send(discount_commands.TOPIC, event.coupon, release)
        case OutcomeAsked(to_share=True):
            ask = AskOutcome(order_id=event.order_id, user_id=event.user_id, to_share=True)
            key = coupon_share(meta.aggregate_id, event.user_id)
            yield Send(discount_commands.TOPIC, key, ask, answers=True)
        case OutcomeAsked():
            tell = TellOutcome(user_id=event.user_id)
            yield Send(order_commands.TOPIC, event.order_id, tell, answers=True)
        case _:
            pass  # what was created or released concerns nobody else
