"""A basket that was checked out becomes an order, which answers the user. An anonymous basket that is handed over is taken
over by the user's, which answers; if it cannot, the anonymous one takes its lines back and answers. A user who is erased has
no basket any more, and the newest order learns of it."""

from collections.abc import Iterable

from agents.basket.contents import Contents
from topics.contracts import basket_commands, order_commands
from topics.contracts.basket_commands import EraseBasket, TakeBack, TakeOver
from topics.contracts.basket_events import (
    BasketErased,
    CheckedOut,
    CheckoutRepeated,
    Event,
    HandedOver,
    TakeOverRefused,
)
from topics.contracts.order_commands import EraseOrder, PlaceOrder, TellOutcome
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.ids import is_anonymous


def react(event: Event, meta: EventMeta, contents: Contents) -> Iterable[Send]:
    match event:
        case CheckedOut(order_id=order_id):
            yield Send(order_commands.TOPIC, order_id, _order(event, meta.aggregate_id), answers=True)
        case CheckoutRepeated(order_id=order_id):
            tell = TellOutcome(user_id=meta.aggregate_id)
            yield Send(order_commands.TOPIC, order_id, tell, answers=True)
        case HandedOver():
            take = TakeOver(anonymous_id=meta.aggregate_id, strategy=event.strategy, lines=event.lines, life=event.life)
            yield Send(basket_commands.TOPIC, event.user_id, take, answers=True)
        case TakeOverRefused():
            back = TakeBack(lines=event.lines, life=event.life, code=event.code, detail=event.detail)
            yield Send(basket_commands.TOPIC, event.anonymous_id, back, answers=True)
        case BasketErased(newest_order_id=str(order_id)):
            # Behind the order's PlaceOrder, whose key it has. The order tells the one before it.
            yield Send(order_commands.TOPIC, order_id, EraseOrder(user_id=meta.aggregate_id))
        case _:
            pass


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    if not is_anonymous(message.user_id):
        yield Send(basket_commands.TOPIC, message.user_id, EraseBasket())


def _order(event: CheckedOut, user_id: str) -> PlaceOrder:
    return PlaceOrder(
        user_id=user_id,
        restaurant_id=event.restaurant_id,
        items=event.items,
        payment_method=event.payment_method,
        restore=event.cleared,
        restore_coupon=event.cleared_coupon,
        address_id=event.address_id,
        note=event.note,
        gift_note=event.gift_note,
        schedule_date=event.schedule_date,
        coupon_code=event.coupon_code,
        expected_total=event.expected_total,
        pickup=event.pickup,
        previous_order_id=event.previous_order_id,
        card=event.card,
    )
