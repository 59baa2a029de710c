"""What callers are told of an order: how it stands, and why an act cannot be."""

from collections.abc import Mapping
from functools import reduce

from agents.order.evolving import evolve
from agents.order.progress import Progress, Stage
from agents.order.projection import document
from topics.contracts.order_events import Event, OrderPlaced, OrderRefused, OutcomeAwaited, SlotAwaited
from topics.deciding.decision import Context, Decision, Timer, accept, hand_on, reject
from topics.deciding.refusals import OrderCode
from topics.documents.order import Order


def as_it_is(progress: Progress, context: Context) -> Decision[Event]:
    """Nothing changes: it is as the caller wants it, or nobody waits for an answer."""
    return accept(answer=_document(progress, context))


def became(
    progress: Progress,
    context: Context,
    *events: Event,
    timers: tuple[Timer, ...] = (),
    cancels: tuple[str, ...] = (),
) -> Decision[Event]:
    """The events happen, and the answer is the order after them."""
    after = reduce(evolve, events, progress)
    return accept(*events, answer=_document(after, context), timers=timers, cancels=cancels)


def cannot(progress: Progress) -> Decision[Event]:
    """The act is none for an order that stands as this one; the refusal says how it stands."""
    code, detail = _STANDS[progress.stage]
    return refused_as(progress, code, detail)


def refused_as(progress: Progress, code: OrderCode, detail: str) -> Decision[Event]:
    return reject(code, detail, more={"order_status": progress.shown.status})


def not_there() -> Decision[Event]:
    """For whoever has nothing to do with the order, in the same words as where there is none."""
    return reject("not_found", "you have no such order")


def known(progress: Progress, context: Context, user_id: str | None) -> Decision[Event]:
    """What became of a checkout. user_id: whose it must be; None: our own domains ask."""
    drafted, placed, refused = progress.drafted, progress.placed, progress.refused
    if placed is not None and user_id in (None, placed.user_id):
        return as_it_is(progress, context)
    if refused is not None and user_id in (None, refused.user_id):
        return refused_before(refused)
    if drafted is not None and user_id == drafted.order.user_id:
        return hand_on(_awaited(drafted.order, slot_held=progress.slot_held))
    return not_there()


def refused_before(refused: OrderRefused, *events: Event) -> Decision[Event]:
    """Events: what happens all the same."""
    return reject(refused.code, refused.detail, field=refused.field, more=refused.more, events=events)


def _awaited(drafted: OrderPlaced, *, slot_held: bool) -> SlotAwaited | OutcomeAwaited:
    if drafted.slot is not None and not slot_held:
        return SlotAwaited(user_id=drafted.user_id, restaurant_id=drafted.restaurant_id, slot=drafted.slot)
    assert drafted.coupon_code is not None, "a draft waits for its slot or for its coupon"
    return OutcomeAwaited(user_id=drafted.user_id, coupon_code=drafted.coupon_code)


def _document(progress: Progress, context: Context) -> Order:
    assert progress.placed is not None, "only a placed order is shown"
    return document(context.aggregate_id, progress.placed, progress.shown)


_STANDS: Mapping[Stage, tuple[OrderCode, str]] = {
    "before_payments": ("order_waiting", "the restaurant has not accepted this order"),
    "paying": ("order_paying", "this order is not paid yet"),
    "scheduled": ("order_scheduled", "this order is for later, and has not come to the kitchen yet"),
    "waiting": ("order_waiting", "the restaurant has not accepted this order yet"),
    "accepted": ("order_accepted", "the restaurant has accepted this order"),
    "preparing": ("order_preparing", "this order is being prepared"),
    "ready": ("order_ready", "this order is ready"),
    "on_the_way": ("order_on_the_way", "this order is on the way"),
    "delivered": ("order_delivered", "this order is delivered"),
    "picked_up": ("order_picked_up", "this order is picked up"),
    "rejected": ("order_rejected", "the restaurant has rejected this order"),
    "expired": ("order_expired", "this order has expired"),
    "cancelled": ("order_cancelled", "this order is cancelled"),
}
