"""Orders in every stage, on every way that leads there, and every command, by everybody who may send it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace as use
from datetime import timedelta
from typing import NamedTuple, get_args

from msgspec.structs import replace

from agents.order.facts import Facts
from agents.order.progress import Stage
from agents.order.times import MOST_FAILURES
from tests.agents.order.test_decider import LINE, PLACED, USER, facts, place
from tests.agents.scenario import NOW
from topics.contracts.order_commands import (
    AcceptOrder,
    CancelOrder,
    ChallengePayment,
    Command,
    CompleteDelivery,
    CompleteOrder,
    ConfirmCoupon,
    ConfirmPayment,
    ConfirmSlot,
    DelayOrder,
    DeliverOrder,
    EraseOrder,
    ExpireOrder,
    ExpireTicket,
    FailDelivery,
    GiveUpPayment,
    GiveUpReservation,
    PickUpOrder,
    PrepareOrder,
    ReadyOrder,
    RecordSettlement,
    RefuseCoupon,
    RefusePayment,
    RefuseSlot,
    RejectOrder,
    ReleaseScheduled,
    RemindKitchen,
    StartDelivery,
    TellOutcome,
)
from topics.contracts.order_events import (
    DeliveryFailed,
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderDelivered,
    OrderDrafted,
    OrderExpired,
    OrderOnTheWay,
    OrderPickedUp,
    OrderPlaced,
    OrderPreparing,
    OrderReady,
    OrderRefused,
    OrderRejected,
    OrderScheduled,
    OrderSentToKitchen,
    PaymentConfirmed,
    SlotHeld,
)
from topics.copies import CouponCopy
from topics.deciding.discounting import Terms

OWNER, COURIER = "owner-1", "courier-1"
STAGES: tuple[Stage, ...] = get_args(Stage)
KNOWN = facts(owner_id=OWNER)
AUTO = facts(owner_id=OWNER, auto_accept=True)
CLOSED = facts(owner_id=OWNER, is_open=False)
OVER = facts(owner_id=OWNER, opening_hours={"sun": "09:00-21:00"})
"""NOW is Sunday, 21:30."""
PAUSED = facts(owner_id=OWNER, paused_until=NOW + timedelta(hours=1))

PAID = replace(
    PLACED, payment_method="credit_card", pay_by=NOW + timedelta(minutes=15), card="tok_success", restore=(LINE,)
)
"""A new order, whose payment is asked for."""

LATER_TODAY = replace(PAID, schedule_date="2026-03-01T23:30")
TODAY = replace(PAID, schedule_date="2026-03-01")
PICKUP = replace(PAID, pickup=True, address_id=None, delivery_address=None, delivery_fee=0, total=58_130)
AT_DOOR = replace(PAID, payment_method="cash", card=None)
RESERVED = replace(PLACED, slot=NOW, coupon_code="YAZ10", discount=1_000, total=60_120)

OF = {"user_id": USER, "restaurant_id": "mahmut", "at": NOW}
CONFIRMED = PaymentConfirmed(**OF, method="credit_card")
SCHEDULED = OrderScheduled(**OF, due_at=NOW + timedelta(hours=2), kitchen_at=NOW + timedelta(minutes=90))
PREPARING, READY = OrderPreparing(**OF, by="owner"), OrderReady(**OF, by="kitchen", delivery=True)
TAKEN = OrderOnTheWay(**OF, by="courier", courier_id=COURIER)
FAILED = DeliveryFailed(**OF, by="courier", courier_id=COURIER, reason="no one opened")


def sent(placed: OrderPlaced) -> OrderSentToKitchen:
    return OrderSentToKitchen(
        **OF, restaurant_name="Mahmut", items=placed.items, note=None, due_at=None, total=placed.total,
        expires_at=NOW + timedelta(minutes=5), delivery=not placed.pickup, payment_method=placed.payment_method,
    )  # fmt: skip


def accepted(placed: OrderPlaced) -> OrderAccepted:
    ready_at = NOW + timedelta(minutes=30)
    return OrderAccepted(**OF, by="owner", prep_time=30, ready_at=ready_at, delivery=not placed.pickup)


def ways(stage: Stage) -> Iterator[tuple[Event, ...]]:
    """Events that bring an order into the stage."""
    if stage == "new":
        yield ()
    elif stage == "slot":
        yield (OrderDrafted(order=RESERVED, restore=(LINE,), slot_limit=3),)
        yield (OrderDrafted(order=replace(RESERVED, coupon_code=None, discount=0, total=61_120), slot_limit=3),)
    elif stage == "coupon":
        yield OrderDrafted(order=RESERVED, restore=(LINE,), slot_limit=3), SlotHeld()
        yield (OrderDrafted(order=replace(RESERVED, slot=None), restore=(LINE,)),)
    elif stage == "refused":
        yield (OrderRefused(user_id=USER, code="below_minimum", detail="too little"),)
        for awaited in ("slot", "coupon"):
            drafted = OrderDrafted(order=RESERVED, restore=(LINE,), slot_limit=3)
            yield drafted, OrderRefused(user_id=USER, code="not_in_time", detail="no answer", awaited=awaited)
    elif stage == "before_payments":
        yield (PLACED,)
    else:
        for placed in (PAID, LATER_TODAY, TODAY, PICKUP, AT_DOOR):
            yield from _paid(placed, stage)


def _paid(placed: OrderPlaced, stage: Stage) -> Iterator[tuple[Event, ...]]:
    way = (placed, replace(CONFIRMED, method=placed.payment_method))
    waits = (*way, sent(placed))
    cooks = (*waits, accepted(placed))
    ready = (*cooks, PREPARING, READY)
    given_back = OrderCancelled(user_id=USER, reason="", cancelled_at=NOW, restaurant_id="mahmut")
    reached: Mapping[Stage, tuple[Event, ...]] = {
        "paying": (placed,),
        "waiting": waits,
        "accepted": cooks,
        "preparing": (*cooks, PREPARING),
        "ready": ready,
        "picked_up": (*ready, OrderPickedUp(**OF, by="owner")),
        "rejected": (*waits, OrderRejected(**OF, by="kitchen", reason="no bread")),
        "expired": (*waits, OrderExpired(**OF, by="system", reason="no answer")),
        "cancelled": (*waits, given_back),
    }
    brought: Mapping[Stage, tuple[Event, ...]] = {
        "on_the_way": (*ready, TAKEN),
        "delivered": (*ready, TAKEN, OrderDelivered(user_id=USER, restaurant_id="mahmut", delivered_at=NOW)),
    }
    if stage in reached and (stage != "picked_up" or placed.pickup):
        yield reached[stage]
    if stage in brought and not placed.pickup:
        yield brought[stage]
    if stage == "scheduled" and placed.schedule_date is not None:
        yield (*way, SCHEDULED)
    if not placed.pickup and stage == "ready":
        yield (*ready, TAKEN, FAILED)
    if not placed.pickup and stage == "on_the_way":
        yield (*ready, *(TAKEN, FAILED) * (MOST_FAILURES - 1), TAKEN)


class Said(NamedTuple):
    """A command, who sends it (caller; None: one of our own domains), and what the order domain knows then."""

    by: str
    command: Command
    caller: str | None = None
    known: tuple[Facts, ...] = (KNOWN,)

    @property
    def name(self) -> str:
        return type(self.command).__name__


_terms = Terms(code="YAZ10", kind="fixed", value=1_000, title="", created_at=NOW)
COUPONS = {"YAZ10": CouponCopy(terms=_terms)}
_slots = facts(owner_id=OWNER, orders_per_slot=3)
_with_coupon = use(KNOWN, coupons=COUPONS)

COMMANDS: tuple[Said, ...] = (
    Said("basket", place(("kebap", 2), ("ayran", 3)), known=(KNOWN, _slots, CLOSED)),
    Said("basket", place(("kebap", 2), ("ayran", 3), coupon_code="YAZ10"), known=(_with_coupon,)),
    Said("restaurant", ConfirmSlot()),
    Said("restaurant", RefuseSlot()),
    Said("discount", ConfirmCoupon()),
    Said("discount", RefuseCoupon(code="coupon_used_up", detail="used up")),
    Said("basket", TellOutcome(user_id=USER)),
    Said("timer", GiveUpReservation()),
    Said("payment", ConfirmPayment(), known=(KNOWN, AUTO, OVER)),
    Said("payment", RefusePayment(code="card_declined", detail="your bank declined the card")),
    Said("payment", ChallengePayment(url="https://bank.example/3ds")),
    Said("payment", RecordSettlement(kind="captured", amount=61_120)),
    Said("timer", GiveUpPayment()),
    Said("timer", ReleaseScheduled(), known=(KNOWN, AUTO, PAUSED, CLOSED)),
    Said("timer", RemindKitchen()),
    Said("timer", ExpireOrder()),
    Said("kitchen", ExpireTicket(restaurant_id="mahmut")),
    Said("kitchen", AcceptOrder(prep_time=20, restaurant_id="mahmut")),
    Said("owner", AcceptOrder(), OWNER),
    Said("kitchen", RejectOrder(reason="no bread", restaurant_id="mahmut")),
    Said("owner", RejectOrder(reason="no bread"), OWNER),
    Said("owner", DelayOrder(minutes=10, reason="the oven is full"), OWNER),
    Said("owner", PrepareOrder(), OWNER),
    Said("kitchen", ReadyOrder(restaurant_id="mahmut")),
    Said("owner", DeliverOrder(), OWNER),
    Said("owner", PickUpOrder(), OWNER),
    Said("courier", StartDelivery(courier_id=COURIER, at=NOW)),
    Said("courier", CompleteDelivery(courier_id=COURIER, at=NOW)),
    Said("courier", FailDelivery(courier_id=COURIER, reason="no one opened", at=NOW)),
    Said("timer", CompleteOrder()),
    Said("customer", CancelOrder(reason="changed my mind"), USER),
    Said("owner", CancelOrder(reason="no gas"), OWNER),
    Said("basket", EraseOrder(user_id=USER)),
)
