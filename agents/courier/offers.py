"""What the restaurant may do: ask one courier after the other, and take a delivery back before it is picked up. And what
becomes of an offer that nobody answers."""

from datetime import timedelta

from agents.courier.facts import Facts, Sender
from agents.courier.kept import Kept
from agents.courier.limits import OFFER_SECONDS, OFFERS
from agents.courier.projection import after, delivery
from agents.courier.registry import KIND
from topics import keys
from topics.contracts.courier_commands import EndOffer, OfferDelivery
from topics.contracts.courier_events import CourierWithdrawn, DeliveryOffered, Event, OfferEnded
from topics.deciding.decision import Context, Decision, Rejection, Timer, accept, reject
from topics.documents.courier import Delivery, KeptDelivery

TIMER = "offer"
"""Ends the offer that is open."""

_HAS_IT = ("offered", "accepted", "picked_up")
_NOT_YOURS = Rejection("not_found", "your restaurants have no such order to deliver")


def offer(command: OfferDelivery, kept: Kept, facts: Facts, context: Context) -> Decision[Event]:
    """The same courier again is fine."""
    restaurant = _own(kept, facts, context)
    if restaurant is None or kept.expected is None:
        return Decision(rejection=_NOT_YOURS)
    known = kept.delivery
    if known is not None and known.courier_id == command.courier_id and known.status in _HAS_IT:
        return accept(answer=delivery(known), takes=())
    refused = _refusal(command, kept, context)
    if refused is not None:
        return Decision(rejection=refused)
    address = kept.expected.address
    offered = DeliveryOffered(
        order_id=context.aggregate_id,
        courier_id=command.courier_id,
        offered_at=context.now,
        ends_at=context.now + timedelta(seconds=OFFER_SECONDS),
        owner_id=restaurant.owner_id,
        restaurant_id=kept.expected.restaurant_id,
        restaurant_name=kept.expected.restaurant_name,
        restaurant_spot=restaurant.spot,
        city=address.city if address else "",
        district=address.district if address else "",
    )
    ends = Timer(TIMER, offered.ends_at, EndOffer())
    return accept(offered, answer=shown(known, offered), timers=(ends,), takes=())


def _refusal(command: OfferDelivery, kept: Kept, context: Context) -> Rejection | None:
    if kept.outcome is not None:
        return Rejection("delivery_ended", "this order has ended", more={"delivery_status": kept.outcome})
    if not kept.opened:
        return Rejection("order_not_accepted", "accept the order first")
    known = kept.delivery
    if known is not None and known.status == "offered":
        until = {"offer_ends_at": known.offer_ends_at.isoformat()}
        return Rejection("offer_open", "another courier is asked, and has not answered yet", more=until)
    if known is not None and known.status in _HAS_IT:
        return Rejection("courier_taken", "another courier has this order", more={"delivery_status": known.status})
    if known is not None and known.status == "delivered":
        return Rejection("delivery_ended", "this order is delivered", more={"delivery_status": known.status})
    if context.claims.get((KIND, command.courier_id)) != keys.courier(command.courier_id):
        return Rejection("no_courier", "this user is no courier", "courier_id")
    if kept.offers >= OFFERS:
        return Rejection("too_many_offers", f"an order is offered {OFFERS} times at most")
    return None


def withdraw(kept: Kept, facts: Facts, context: Context) -> Decision[Event]:
    """Twice is fine."""
    known = kept.delivery
    if _own(kept, facts, context) is None or known is None:
        return Decision(rejection=_NOT_YOURS)
    match known.status:
        case "open":
            return accept(answer=delivery(known))
        case "offered" | "accepted":
            assert known.courier_id is not None
            event = CourierWithdrawn(courier_id=known.courier_id)
            return accept(event, answer=shown(known, event), cancels=(TIMER,))
        case "picked_up":
            return reject("picked_up", "the courier has picked the order up already")
        case "delivered" | "failed" | "cancelled":
            return reject("delivery_ended", "this delivery has ended")


def end(kept: Kept) -> Decision[Event]:
    """The timer's command. The courier who is asked has not answered."""
    known = kept.delivery
    if known is None or known.status != "offered" or known.courier_id is None:
        return accept()
    return accept(OfferEnded(courier_id=known.courier_id))


def shown(before: KeptDelivery | None, event: Event) -> Delivery:
    """The answer: the delivery after the event."""
    now = after(before, event)
    assert now is not None
    return delivery(now)


def _own(kept: Kept, facts: Facts, context: Context) -> Sender | None:
    """The restaurant, where it is the caller's."""
    restaurant = None if kept.expected is None else facts.restaurants.get(kept.expected.restaurant_id)
    return restaurant if restaurant is not None and restaurant.owner_id == context.caller else None
