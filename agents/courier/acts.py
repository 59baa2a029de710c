"""What the courier of a delivery may do. Each act counts once; said again it is answered, and changes nothing. To everybody
else the delivery answers as if it did not exist."""

from datetime import datetime

from agents.courier.kept import Kept
from agents.courier.moments import moment
from agents.courier.offers import TIMER, shown
from agents.courier.projection import delivery
from topics.contracts.courier_commands import AcceptOffer, RecordDelivered, RecordDeliveryFailed, RecordPickup
from topics.contracts.courier_events import Delivered, DeliveryAccepted, Event, Failed, OfferDeclined, PickedUp
from topics.deciding.decision import Context, Decision, Rejection, accept, reject
from topics.documents import Done
from topics.documents.courier import KeptDelivery

DECLINED = Done(message="You have declined this delivery.")

Act = AcceptOffer | RecordPickup | RecordDelivered | RecordDeliveryFailed


def act(command: Act, kept: Kept, context: Context) -> Decision[Event]:
    known = _mine(kept, context)
    if known is None:
        return _nobodys(kept, context)
    if _is_done(command, known):
        return accept(answer=delivery(known))
    refused = _refusal(command, known, context)
    if refused is not None:
        return Decision(rejection=refused)
    at = moment(command.at, _comes_first(known), context.now)
    if isinstance(at, Rejection):
        return Decision(rejection=at)
    event = _event(command, kept, known, at)
    cancels = (TIMER,) if isinstance(event, DeliveryAccepted) else ()
    return accept(event, answer=shown(known, event), cancels=cancels)


def decline(kept: Kept, context: Context) -> Decision[Event]:
    """Twice is fine, and so is an offer that has ended meanwhile."""
    known = _mine(kept, context)
    if known is None:
        return accept(answer=DECLINED) if _was_asked(kept, context) else _nobodys(kept, context)
    if known.status != "offered":
        return reject("already_accepted", "you have accepted this delivery; say that it failed, and why")
    return accept(OfferDeclined(courier_id=context.caller or ""), answer=DECLINED, cancels=(TIMER,))


def _mine(kept: Kept, context: Context) -> KeptDelivery | None:
    known = kept.delivery
    return known if known is not None and context.caller is not None and known.courier_id == context.caller else None


def _was_asked(kept: Kept, context: Context) -> bool:
    return kept.let_go is not None and kept.let_go == context.caller


def _nobodys(kept: Kept, context: Context) -> Decision[Event]:
    """Who was asked last learns that it is over; nobody else learns of the delivery."""
    if _was_asked(kept, context):
        return reject("offer_over", "this delivery is not offered to you any more")
    return reject("not_found", "you have no such delivery")


def _is_done(command: Act, known: KeptDelivery) -> bool:
    match command:
        case AcceptOffer():
            return known.accepted_at is not None
        case RecordPickup():
            return known.picked_up_at is not None
        case RecordDelivered():
            return known.status == "delivered"
        case RecordDeliveryFailed():
            return known.status == "failed"


def _refusal(command: Act, known: KeptDelivery, context: Context) -> Rejection | None:
    """None where the act comes next."""
    match known.status, command:
        case "offered", AcceptOffer():
            over = context.now >= known.offer_ends_at
            return Rejection("offer_over", "this offer has ended") if over else None
        case "accepted", RecordPickup() | RecordDeliveryFailed():
            return None
        case "picked_up", RecordDelivered() | RecordDeliveryFailed():
            return None
        case "accepted", _:
            return Rejection("not_picked_up", "pick the order up first")
        case "offered", _:
            return Rejection("not_accepted", "accept the delivery first")
        case _:
            return Rejection("delivery_ended", "this delivery has ended", more={"delivery_status": known.status})


def _comes_first(known: KeptDelivery) -> datetime:
    return known.picked_up_at or known.accepted_at or known.offered_at


def _event(command: Act, kept: Kept, known: KeptDelivery, at: datetime) -> Event:
    courier_id = known.courier_id or ""
    match command:
        case AcceptOffer():
            return DeliveryAccepted(courier_id=courier_id, at=at, address=kept.expected and kept.expected.address)
        case RecordPickup():
            return PickedUp(courier_id=courier_id, at=at)
        case RecordDelivered():
            return Delivered(courier_id=courier_id, at=at)
        case RecordDeliveryFailed(reason=reason):
            picked_up = known.picked_up_at is not None
            return Failed(courier_id=courier_id, reason=reason, at=at, picked_up=picked_up)
