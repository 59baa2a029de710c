"""Redrive: an engineer's order on a command topic to decide what is parked of its key, in the order in which it came."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.ledger import Ledger
from agents.runtime.deciding.preparing import Preparing
from stores.protocol import ParkedRow
from topics import headers, redrive
from topics.decision import StalePreparation
from topics.message import field_error
from topics.registry import Topic

log = structlog.get_logger()

_AT_ONCE = 16  # parked messages that are prepared for one write

_order = msgspec.json.Decoder(redrive.Redrive)


class Waiting(NamedTuple):
    """A parked message on its redrive. seq None: this very round has parked it."""

    seq: int | None
    arrival: Arrival


def is_order(arrival: Arrival) -> bool:
    return isinstance(arrival.message, redrive.Redrive)


def turn(arrival: Arrival, waiting: Mapping[str, Sequence[Waiting]]) -> list[Arrival]:
    """The messages that are decided at this place in the log: itself, and what an order to redrive has decided here."""
    return [arrival, *(each.arrival for each in waiting.get(arrival.key or "", ()))] if is_order(arrival) else [arrival]


def recognise(arrival: Arrival) -> None:
    """An order is no message of the domain, so the domain's topic could not decode it."""
    if arrival.headers.get(headers.TYPE) == redrive.TYPE and arrival.key is not None:
        try:
            arrival.message, arrival.error = _order.decode(arrival.body or b""), None
        except msgspec.MsgspecError as error:
            arrival.error = field_error(error)


class Redriving:
    """Of one command topic."""

    def __init__(self, commands: Topic, preparing: Preparing) -> None:
        self._commands = commands
        self._preparing = preparing

    async def waiting(self, parked: Sequence[ParkedRow], ordered: Sequence[Arrival]) -> dict[str, list[Waiting]]:
        """What is parked of the keys that are ordered, oldest first, mended and prepared. Raises Doubt."""
        orders: dict[str, redrive.Redrive] = {}
        for arrival in ordered:
            if isinstance(arrival.message, redrive.Redrive) and arrival.key is not None:
                orders.setdefault(arrival.key, arrival.message)
        found: dict[str, list[Waiting]] = {}
        for row in parked:
            found.setdefault(row.key, []).append(Waiting(row.seq, self._unparked(row)))
            # Before claims, facts and preparation are looked up: they are the mended message's.
            self._mend(found[row.key][-1].arrival, orders[row.key])
        if found:
            # A 503 holds for what was parked, too: long ago, by a process that took it and forgot.
            await self._preparing.take([each.arrival for rows in found.values() for each in rows])
            await self._preparing.slow_work([each.arrival for rows in found.values() for each in rows[:_AT_ONCE]])
        return found

    def carry_out(self, ledger: Ledger, order: Arrival, waiting: Mapping[str, Sequence[Waiting]]) -> None:
        """In their order; the first that fails again keeps itself and all behind it parked, but what is given up.

        Raises StalePreparation where what was looked up is not the mended message's.
        """
        if ledger.knows(order):
            return
        wish: Any = order.message
        key = order.key or ""
        every = self._still_there(ledger, key, waiting.get(key, ()))
        for _, (seq, arrival) in every:
            if arrival.id in wish.drop:
                ledger.unpark(key, arrival, seq)
        for place, (seq, arrival) in every:
            if arrival.id in wish.drop:
                continue
            unprepared = self._preparing.needed and seq is not None and place >= _AT_ONCE
            if unprepared or self._mend(arrival, wish):
                raise StalePreparation  # commit what is before it, begin again
            if not ledger.take_parked(key, arrival, seq):
                break
        else:
            ledger.parked.discard(key)
        ledger.note(order)

    def refuse(self, ledger: Ledger, order: Arrival, why: str) -> None:
        """What it would have redriven cannot be stored, and stays parked. The order itself is no message of the key."""
        log.warning("redrive_refused", topic=self._commands.name, key=order.key, why=why)
        ledger.note(order)

    def _still_there(self, ledger: Ledger, key: str, waiting: Sequence[Waiting]) -> list[tuple[int, Waiting]]:
        """With their places, without those that an earlier order in this batch has seen off."""
        here = [Waiting(None, arrival) for arrival in ledger.parked_here(key)]
        gone = ledger.changes.unpark
        return [(place, row) for place, row in enumerate((*waiting, *here)) if row.seq not in gone]

    def _unparked(self, row: ParkedRow) -> Arrival:
        arrival = Arrival(
            offset=row.offset, at=row.at, key=row.key, id=row.id, source=row.source, raw_key=row.key.encode(),
            raw_headers=row.headers, body=row.body, headers=arrivals.ours(row.headers),
        )  # fmt: skip
        arrivals.decode(self._commands, arrival)
        return arrival

    def _mend(self, arrival: Arrival, wish: redrive.Redrive) -> bool:
        """Whether the order brings another body for this message."""
        body = next((r.body for r in wish.repaired if (r.source, r.id) == arrival.inbox_key), arrival.body)
        if body == arrival.body:
            return False
        arrival.body = body
        arrivals.decode(self._commands, arrival)
        return True
