"""What kitchens answer, read strictly. Pure."""

import hashlib
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from stores.rabbit import Delivery
from topics.contracts.order_commands import AcceptOrder, DelayOrder, PrepareOrder, ReadyOrder, RejectOrder
from topics.documents.kitchen import KitchenReply
from topics.messages import ids
from topics.messages.message import holds_nul
from topics.values.faults import Fault, Invalid
from topics.values.validation import Validator

LARGEST = 64 * 1024
"""Bytes of an answer."""
ACCOUNT = "kitchen."
"""How the name of an account in RabbitMQ begins that speaks for one restaurant, whose id follows."""

NO_REASON = "the restaurant gave no reason"
"""What the customer reads where a kitchen rejects an order and says nothing else."""

_REPLY = Validator(KitchenReply)


class Unusable(Exception):
    """An answer that changes nothing, whatever becomes of the order. code, detail: as the kitchen reads them."""

    def __init__(self, code: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)


class _Named(msgspec.Struct, frozen=True):
    order_id: str


_named = msgspec.json.Decoder(_Named)


def order_of(delivery: Delivery) -> str:
    """Of which order it speaks; what cannot be read is told apart by its bytes."""
    try:
        return _named.decode(delivery.body).order_id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return hashlib.sha256(delivery.body).hexdigest()


def read(delivery: Delivery, *, own_accounts: bool) -> KitchenReply:
    """With the restaurant that it speaks for, None where neither account nor body says it. Raises Unusable with all that is
    wrong.

    own_accounts: each kitchen has an account of its own, and what comes without its name is not believed.
    """
    reply = _decoded(delivery.body)
    faults = reply.faults()
    account = delivery.user_id.removeprefix(ACCOUNT) if delivery.user_id.startswith(ACCOUNT) else None
    if own_accounts and account is None:
        faults.append(Fault("user_id", f"is to name the account of a restaurant, {ACCOUNT}<restaurant id>"))
    if account is not None and reply.restaurant_id not in (None, account):
        faults.append(Fault("restaurant_id", "is not that of the account"))
    if faults:
        raise _invalid(faults)
    return msgspec.structs.replace(reply, restaurant_id=account or reply.restaurant_id)


def _decoded(body: bytes) -> KitchenReply:
    if len(body) > LARGEST:
        raise Unusable("body_too_large", f"An answer has at most {LARGEST:,} bytes.")
    try:
        value = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unusable("no_json", f"The body is no JSON: {error}"[:200]) from None
    if holds_nul(body):
        raise _invalid([Fault("$", "NUL characters are not allowed")])
    try:
        return _REPLY.validated(_without_blank_reason(value))
    except Invalid as refused:
        raise _invalid(refused.faults) from None


def _without_blank_reason(value: Any) -> Any:
    """A kitchen system whose form has a field for the reason sends it also where the cook wrote nothing. To delay, it is then
    missing."""
    if not isinstance(value, dict):
        return value
    said = cast(dict[str, Any], value)
    reason = said.get("reason")
    return {**said, "reason": None} if isinstance(reason, str) and not reason.strip() else said


def _invalid(faults: Sequence[Fault]) -> Unusable:
    said = "; ".join(f"{fault.field}: {fault.why}" for fault in faults)
    return Unusable("invalid_input", said[:1000], faults)


def command_of(
    reply: KitchenReply, restaurant_id: str
) -> AcceptOrder | RejectOrder | DelayOrder | PrepareOrder | ReadyOrder:
    match reply.decision:
        case "accept":
            return AcceptOrder(prep_time=reply.prep_time, restaurant_id=restaurant_id)
        case "reject":
            return RejectOrder(reason=reply.reason or NO_REASON, restaurant_id=restaurant_id)
        case "delay":
            return DelayOrder(minutes=reply.minutes or 0, reason=reply.reason or "", restaurant_id=restaurant_id)
        case "preparing":
            return PrepareOrder(restaurant_id=restaurant_id)
        case "ready":
            return ReadyOrder(restaurant_id=restaurant_id)


def command_id(delivery: Delivery, reply: KitchenReply, restaurant_id: str) -> str:
    """The same for an answer that comes again, from RabbitMQ or from a kitchen that repeats it. A kitchen whose message ids are
    not unique loses no answer: what an answer says is part of it."""
    said = msgspec.json.encode((restaurant_id, delivery.id, msgspec.structs.replace(reply, restaurant_id=None)))
    return ids.derive(hashlib.sha256(said).hexdigest(), "kitchen reply")
