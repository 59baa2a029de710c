"""Redrive: an engineer's order, sent to a command topic, to decide the parked messages of a key in the order in which they
came."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.ledger import Ledger
from agents.runtime.deciding.limits import WRITTEN
from agents.runtime.deciding.preparing import Preparing
from stores.protocol import ParkedRow
from topics.deciding.decision import StalePreparation
from topics.messages import headers, redrive
from topics.messages.message import field_error
from topics.messages.topic import Topic

log = structlog.get_logger()

_AT_ONCE = 16  # parked messages of a key that are prepared for one write

_order = msgspec.json.Decoder(redrive.Redrive)


class Waiting(NamedTuple):
    """A parked message that is to be redriven. seq: see ParkedRow."""

    seq: int
    arrival: Arrival


def is_order(arrival: Arrival) -> bool:
    """Whether the message is an order to redrive."""
    return isinstance(arrival.message, redrive.Redrive)


def with_redriven(arrival: Arrival, waiting: Mapping[str, Sequence[Waiting]]) -> list[Arrival]:
    """The messages that are decided in place of this one: itself, and if it is an order, the parked messages of its key."""
    return [arrival, *(each.arrival for each in waiting.get(arrival.key or "", ()))] if is_order(arrival) else [arrival]


def recognise(arrival: Arrival) -> None:
    """Decodes an order to redrive, which the domain's topic cannot: it is no message of the domain."""
    if arrival.headers.get(headers.TYPE) == redrive.TYPE and arrival.key is not None:
        try:
            arrival.message, arrival.error = _order.decode(arrival.body or b""), None
        except msgspec.MsgspecError as error:
            arrival.error = field_error(error)


class Redriving:
    """Carries out the orders on one command topic."""

    def __init__(self, commands: Topic, preparing: Preparing) -> None:
        self._commands = commands
        self._preparing = preparing

    async def waiting(self, parked: Sequence[ParkedRow], ordered: Sequence[Arrival]) -> dict[str, list[Waiting]]:
        """key → its parked messages, oldest first, with repaired bodies, the first _AT_ONCE prepared. Raises Doubt.

        parked: of all keys that are ordered. ordered: the orders.
        """
        orders: dict[str, redrive.Redrive] = {}
        for arrival in ordered:
            if isinstance(arrival.message, redrive.Redrive) and arrival.key is not None:
                orders.setdefault(arrival.key, arrival.message)
        found: dict[str, list[Waiting]] = {}
        for row in parked:
            if row.key not in orders:
                continue
            found.setdefault(row.key, []).append(Waiting(row.seq, self._unparked(row)))
            # Before claims and facts are looked up and it is prepared: all these depend on the body.
            self._mend(found[row.key][-1].arrival, orders[row.key])
        if found:
            # A parked message may have been withdrawn. Whether it was taken is not stored with it, so take it again.
            await self._preparing.take([each.arrival for rows in found.values() for each in rows])
            await self._preparing.slow_work([each.arrival for rows in found.values() for each in rows[:_AT_ONCE]])
        return found

    def carry_out(self, ledger: Ledger, order: Arrival, waiting: Mapping[str, Sequence[Waiting]], most: int) -> None:
        """Decides the parked messages of the order's key. The first that fails again stays parked with all behind it, but for
        those that the order drops. most: messages of one write.

        Raises StalePreparation for a message that is not prepared yet, that was looked up with another body, that is too many
        for this write, or that wants what one before it has released;
        and where a message of the key was parked in this round.
        """
        if ledger.knows(order):
            return
        wish: Any = order.message
        key = order.key or ""
        at_once = min(_AT_ONCE, most) if self._preparing.needed else most
        if key in ledger.parked_here:
            raise StalePreparation  # a message that was parked before it in this round has no `seq` until it is written
        every = self._still_there(ledger, waiting.get(key, ()))
        for _, (seq, arrival) in every:
            if arrival.id in wish.drop:
                ledger.give_up(key, arrival, seq)
        for place, (seq, arrival) in every:
            if arrival.id in wish.drop:
                continue
            if place >= at_once or (place and ledger.weight > WRITTEN) or self._mend(arrival, wish):
                raise StalePreparation  # what came before it is written, then the order begins again
            if ledger.wants_what_was_released(arrival):
                raise StalePreparation  # the value is free only after the write of what released it
            if not ledger.take_parked(key, arrival, seq):
                break
        else:
            ledger.parked.discard(key)
        ledger.note(order)

    def refuse(self, ledger: Ledger, order: Arrival, why: str) -> None:
        """Leaves everything parked: the store refuses what the order would have redriven. The order itself is never parked."""
        log.warning("redrive_refused", topic=self._commands.name, key=order.key, why=why)
        ledger.note(order)

    def _still_there(self, ledger: Ledger, waiting: Sequence[Waiting]) -> list[tuple[int, Waiting]]:
        """(place, message), without those that an earlier order of this batch has decided or dropped."""
        gone = ledger.changes.unpark
        return [(place, row) for place, row in enumerate(waiting) if row.seq not in gone]

    def _unparked(self, row: ParkedRow) -> Arrival:
        arrival = Arrival(
            offset=row.offset, at=row.at, key=row.key, id=row.id, source=row.source, raw_key=row.key.encode(),
            raw_headers=row.headers, body=row.body, headers=arrivals.ours(row.headers),
        )  # fmt: skip
        arrivals.decode(self._commands, arrival)
        return arrival

    def _mend(self, arrival: Arrival, wish: redrive.Redrive) -> bool:
        """Gives the message the body that the order has for it. Returns whether that is another one."""
        body = next((r.body for r in wish.repaired if (r.source, r.id) == arrival.inbox_key), arrival.body)
        if body == arrival.body:
            return False
        arrival.body = body
        arrivals.decode(self._commands, arrival)
        return True
