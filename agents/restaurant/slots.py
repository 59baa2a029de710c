"""How many orders a restaurant has taken for each quarter of an hour. All slots of a day (UTC) are an aggregate of their
own, so that no state grows with the orders. An order reserves its place before it is placed, as it does with a coupon's
use."""

from datetime import datetime

from msgspec.structs import replace

from agents.restaurant.house import House
from topics.contracts.restaurant_commands import AskSlot, ReleaseSlot, ReserveSlot
from topics.contracts.restaurant_events import Event, SlotAsked, SlotFull, SlotReleased, SlotReserved
from topics.deciding.decision import Decision, accept, hand_on


def reserve(command: ReserveSlot, house: House) -> Decision[Event]:
    """By the limit that the order knows: there is no other copy of it here."""
    taken = house.taken.get(_name(command.slot), 0)
    if taken >= command.limit:
        return hand_on(SlotFull(order_id=command.order_id, slot=command.slot))
    return hand_on(SlotReserved(order_id=command.order_id, slot=command.slot, taken=taken + 1))


def release(command: ReleaseSlot, house: House) -> Decision[Event]:
    taken = house.taken.get(_name(command.slot), 0)
    if not taken:
        return accept()
    return accept(SlotReleased(order_id=command.order_id, slot=command.slot, taken=taken - 1))


def ask(command: AskSlot) -> Decision[Event]:
    return hand_on(SlotAsked(order_id=command.order_id, user_id=command.user_id))


def counted(house: House, event: SlotReserved | SlotReleased) -> House:
    return replace(house, taken={**house.taken, _name(event.slot): event.taken})


def _name(slot: datetime) -> str:
    return f"{slot:%H:%M}"
