"""Redrive: an engineer's order, sent to a command topic, to decide the parked messages of a key in the order in which they
came."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.ledger import Ledger
from agents.runtime.deciding.limits import WRITTEN
from agents.runtime.deciding.preparing import Preparing
from stores.protocol import DomainStore, Floor, Source
from topics.deciding.decision import StalePreparation
from topics.messages import headers, redrive
from topics.messages.message import field_error
from topics.messages.topic import Topic

log = structlog.get_logger()

_AT_ONCE = 16  # parked messages of a key that are prepared for one write

_order = msgspec.json.Decoder(redrive.Redrive)


ORDERS_AT_ONCE = 100
"""Orders to redrive of one part of a batch: what is parked behind all of them is looked through for each write."""


class Waiting(NamedTuple):
    """A parked message that is to be redriven. seq: see ParkedRow."""

    seq: int
    arrival: Arrival


class Behind(NamedTuple):
    """What is parked behind a key. oldest: as many as were read. more: there may be more. named: seq → id of the messages that
    an order drops, also of those that were not read."""

    oldest: list[Waiting]
    more: bool
    named: dict[int, str]


_NOTHING = Behind([], False, {})


def is_order(arrival: Arrival) -> bool:
    """Whether the message is an order to redrive."""
    return isinstance(arrival.message, redrive.Redrive)


def with_redriven(arrival: Arrival, parked: Mapping[str, Behind]) -> list[Arrival]:
    """The messages that are decided in place of this one: itself, and if it is an order, the parked messages of its key."""
    behind = parked.get(arrival.key or "") if is_order(arrival) else None
    return [arrival] if behind is None else [arrival, *(each.arrival for each in behind.oldest)]


def _wish(order: Arrival) -> redrive.Redrive:
    assert isinstance(order.message, redrive.Redrive)
    return order.message


def recognise(arrival: Arrival) -> None:
    """Decodes an order to redrive, which the domain's topic cannot: it is no message of the domain."""
    if arrival.headers.get(headers.TYPE) == redrive.TYPE and arrival.key is not None:
        try:
            arrival.message, arrival.error = _order.decode(arrival.body or b""), None
        except msgspec.MsgspecError as error:
            arrival.error = field_error(error)


class Redriving:
    """Carries out the orders on one command topic."""

    def __init__(self, commands: Topic, store: DomainStore, preparing: Preparing) -> None:
        self._commands = commands
        self._store = store
        self._preparing = preparing

    async def parked(self, source: Source, ordered: Sequence[Arrival]) -> tuple[Floor | None, dict[str, Behind]]:
        """The floor, and key → what is parked behind it, with repaired bodies, the first _AT_ONCE prepared. Raises Doubt.

        ordered: the orders; of those that are done nothing is found.
        """
        done = await self._store.look([source], ids=[order.inbox_key for order in ordered])
        before = done.floors.get(source)
        # A look brings a part of what is parked only: not to bring messages in place of those that are wanted, ask for no key
        # of an order that is done.
        undone = [order for order in ordered if order.inbox_key not in done.known]
        ahead = [order for order in undone if before is not None and order.offset >= before.next]
        orders = dict[str, redrive.Redrive]()
        for order in ahead:
            orders.setdefault(order.key or "", _wish(order))
        dropped = list({id for order in ahead for id in _wish(order).drop})
        moment = await self._store.look([source], parked=list(orders), named=dropped)
        found = {key: Behind([], key in moment.more, {}) for key in orders}
        for name in moment.named:
            found[name.key].named[name.seq] = name.id
        for row in moment.waiting:
            waiting = Waiting(row.seq, arrivals.of_parked(self._commands, row))
            # Before claims and facts are looked up and it is prepared: all these depend on the body.
            self._mend(waiting.arrival, orders[row.key])
            found[row.key].oldest.append(waiting)
        # A parked message may have been withdrawn. Whether it was taken is not stored with it, so take it again.
        await self._preparing.take([each.arrival for behind in found.values() for each in behind.oldest])
        await self._preparing.slow_work([each.arrival for b in found.values() for each in b.oldest[:_AT_ONCE]])
        return moment.floors.get(source), found

    def carry_out(self, ledger: Ledger, order: Arrival, parked: Mapping[str, Behind], most: int) -> None:
        """Decides the parked messages of the order's key. The first that fails again stays parked with all behind it, but for
        those that the order drops. most: messages of one write.

        Raises StalePreparation for a message that is not prepared or not read yet, that was looked up with another body, that
        is too many for this write, or that wants what one before it has released;
        and where a message of the key was parked in this round.
        """
        if ledger.knows(order):
            return
        wish = _wish(order)
        key = order.key or ""
        at_once = min(_AT_ONCE, most) if self._preparing.needed else most
        if key in ledger.parked_here:
            raise StalePreparation  # a message that was parked before it in this round has no `seq` until it is written
        behind = parked.get(key, _NOTHING)
        gone = set(ledger.changes.unpark)  # by an earlier order of this batch
        for seq, id in behind.named.items():
            if id in wish.drop and seq not in gone:
                ledger.give_up(key, id, seq)
                gone.add(seq)
        for place, (seq, arrival) in enumerate(behind.oldest):
            if seq in gone:
                continue
            if place >= at_once or (place and ledger.weight > WRITTEN) or self._mend(arrival, wish):
                raise StalePreparation  # what came before it is written, then the order begins again
            if ledger.wants_what_was_released(arrival):
                raise StalePreparation  # the value is free only after the write of what released it
            if not ledger.take_parked(key, arrival, seq):
                break
        else:
            if behind.more:
                raise StalePreparation  # the others are read when these are written
            ledger.parked.discard(key)
        ledger.note(order)

    def refuse(self, ledger: Ledger, order: Arrival, why: str) -> None:
        """Leaves everything parked: the store refuses what the order would have redriven. The order itself is never parked."""
        log.warning("redrive_refused", topic=self._commands.name, key=order.key, why=why)
        ledger.note(order)

    def _mend(self, arrival: Arrival, wish: redrive.Redrive) -> bool:
        """Gives the message the body that the order has for it. Returns whether that is another one."""
        body = next((r.body for r in wish.repaired if (r.source, r.id) == arrival.inbox_key), arrival.body)
        if body == arrival.body:
            return False
        arrival.body = body
        arrivals.decode(self._commands, arrival)
        return True
