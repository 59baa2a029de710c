"""An order asks for the reservations of its slot and its coupon, and gives them back where it ends before its customer has it.
What was refused goes back into the user's basket, which answers. An order that is erased tells the one before it."""

from collections.abc import Iterable
from datetime import datetime

from agents.order import money
from agents.order.progress import Progress
from topics import keys
from topics.contracts import basket_commands, discount_commands, order_commands, restaurant_commands
from topics.contracts.basket_commands import Refusal, RestoreItems
from topics.contracts.discount_commands import AskOutcome, ReleaseUse, ReserveUse
from topics.contracts.order_commands import EraseOrder
from topics.contracts.order_events import (
    BasketReturned,
    CouponReturned,
    Event,
    OrderCancelled,
    OrderDrafted,
    OrderErased,
    OrderExpired,
    OrderPlaced,
    OrderRefused,
    OrderRejected,
    OutcomeAwaited,
    SlotAwaited,
    SlotHeld,
    SlotReturned,
)
from topics.contracts.restaurant_commands import AskSlot, ReleaseSlot, ReserveSlot
from topics.deciding.decision import Send
from topics.deciding.slots import day_of
from topics.keys import coupon_share
from topics.messages.event import EventMeta


def react(event: Event, meta: EventMeta, progress: Progress) -> Iterable[Send]:
    yield from money.asked(event, meta, progress)
    match event:
        case OrderDrafted(order=OrderPlaced(slot=datetime() as slot) as order, slot_limit=int(limit)):
            reserve = ReserveSlot(order_id=meta.aggregate_id, slot=slot, limit=limit)
            yield Send(restaurant_commands.TOPIC, _slots(order.restaurant_id, slot), reserve, answers=True)
        case OrderDrafted() | SlotHeld():
            yield from _reserve_use(meta.aggregate_id, progress)
        case SlotReturned(restaurant_id=restaurant_id, slot=slot):
            release_slot = ReleaseSlot(order_id=meta.aggregate_id, slot=slot)
            yield Send(restaurant_commands.TOPIC, _slots(restaurant_id, slot), release_slot)
        case SlotAwaited(restaurant_id=restaurant_id, slot=slot, user_id=user_id):
            ask_slot = AskSlot(order_id=meta.aggregate_id, user_id=user_id)
            yield Send(restaurant_commands.TOPIC, _slots(restaurant_id, slot), ask_slot, answers=True)
        case OutcomeAwaited(coupon_code=code, user_id=user_id):
            ask = AskOutcome(order_id=meta.aggregate_id, user_id=user_id)
            yield Send(discount_commands.TOPIC, code, ask, answers=True)
        case (
            OrderCancelled(coupon_code=str(code), user_id=user_id)
            | OrderRejected(coupon_code=str(code), user_id=user_id)
            | OrderExpired(coupon_code=str(code), user_id=user_id)
            | CouponReturned(coupon_code=code, user_id=user_id)
        ):
            yield from _release_use(meta.aggregate_id, code, user_id)
        case OrderRefused():
            yield Send(basket_commands.TOPIC, event.user_id, _restore(event, meta.aggregate_id), answers=True)
        case BasketReturned():
            lines = RestoreItems(order_id=meta.aggregate_id, lines=event.restore, coupon_code=event.restore_coupon)
            yield Send(basket_commands.TOPIC, event.user_id, lines)
        case OrderErased(previous_order_id=str(previous)):
            yield Send(order_commands.TOPIC, previous, EraseOrder(user_id=event.user_id))
        case _:
            pass


def _release_use(order_id: str, code: str, user_id: str) -> Iterable[Send]:
    release = ReleaseUse(order_id=order_id, user_id=user_id)
    yield Send(discount_commands.TOPIC, code, release)
    # A share that counts nothing, since the coupon has no limit for each user, releases nothing.
    yield Send(discount_commands.TOPIC, coupon_share(code, user_id), release, suffix=" of the share")


def _slots(restaurant_id: str, slot: datetime) -> str:
    return keys.slots(restaurant_id, day_of(slot))


def _reserve_use(order_id: str, progress: Progress) -> Iterable[Send]:
    if progress.drafted is None or progress.drafted.order.coupon_code is None:
        return
    order, code = progress.drafted.order, progress.drafted.order.coupon_code
    reserve = ReserveUse(
        order_id=order_id,
        user_id=order.user_id,
        restaurant_id=order.restaurant_id,
        subtotal=order.subtotal,
    )
    yield Send(discount_commands.TOPIC, code, reserve, answers=True)


def _restore(event: OrderRefused, order_id: str) -> RestoreItems:
    refusal = Refusal(code=event.code, detail=event.detail, field=event.field, more=event.more)
    return RestoreItems(order_id=order_id, lines=event.restore, coupon_code=event.restore_coupon, refusal=refusal)
