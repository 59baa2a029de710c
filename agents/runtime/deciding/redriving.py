"""Redrive: a message of an engineer on a command topic. It has the parked messages of its key decided again, oldest first.

A redrive of many messages takes several writes. Each takes the messages that it decides out of the parked ones. The floor stays
at the redrive until the last write, which enters the redrive into the inbox. So after a crash the redrive is read again, and
goes on with what is still parked.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.limits import WRITTEN
from agents.runtime.deciding.preparing import Preparing
from agents.runtime.deciding.unit_of_work import UnitOfWork
from stores.protocol import DomainStore, Floor, Source
from topics.deciding.decision import StalePreparation
from topics.messages import headers
from topics.messages.message import field_error
from topics.messages.redrive import TYPE, Redrive
from topics.messages.topic import Topic

log = structlog.get_logger()

PREPARED_AT_ONCE = 16  # parked messages of a key that are prepared for one write

REDRIVES_AT_ONCE = 100
"""Redrives in one part of a batch. The parked messages of all of them are read before each write, so more would read more."""

_decoder = msgspec.json.Decoder(Redrive)


class ParkedMessage(NamedTuple):
    """seq: see ParkedRow."""

    seq: int
    arrival: Arrival


class ParkedQueue(NamedTuple):
    """The parked messages of one key. oldest: those that were read, in their order. more: whether there may be more of them.

    to_drop: seq → id of the messages that a redrive drops, whether they are among `oldest` or not.
    """

    oldest: list[ParkedMessage]
    more: bool
    to_drop: dict[int, str]


_EMPTY = ParkedQueue([], False, {})


def is_redrive(arrival: Arrival) -> bool:
    return isinstance(arrival.message, Redrive)


def with_redriven(arrival: Arrival, queues: Mapping[str, ParkedQueue]) -> list[Arrival]:
    """The message and, if it is a redrive, the parked messages that were read of its key. queues: by key."""
    queue = queues.get(arrival.key or "") if is_redrive(arrival) else None
    return [arrival] if queue is None else [arrival, *(parked.arrival for parked in queue.oldest)]


def recognise(arrival: Arrival) -> None:
    """Decodes a redrive. The domain's topic does not declare this type, so it has left an error in the arrival."""
    if arrival.headers.get(headers.TYPE) == TYPE and arrival.key is not None:
        try:
            arrival.message, arrival.error = _decoder.decode(arrival.body or b""), None
        except msgspec.MsgspecError as error:
            arrival.error = field_error(error)


def _message(redrive: Arrival) -> Redrive:
    assert isinstance(redrive.message, Redrive)
    return redrive.message


class Redriving:
    """Carries out the redrives on one command topic."""

    def __init__(self, commands: Topic, store: DomainStore, preparing: Preparing) -> None:
        self._commands = commands
        self._store = store
        self._preparing = preparing

    async def read(self, source: Source, redrives: Sequence[Arrival]) -> tuple[Floor | None, dict[str, ParkedQueue]]:
        """The floor, and by key the parked messages of these redrives that are not done yet. They have their repaired bodies,
        and the first PREPARED_AT_ONCE of each key are prepared. Raises Doubt."""
        undone = await self._undone(source, redrives)
        floor, queues = await self._queues(source, undone)
        # The edge may have withdrawn a parked message. The store does not keep what `take` found out before, so take it again.
        await self._preparing.take([parked.arrival for queue in queues.values() for parked in queue.oldest])
        await self._preparing.slow_work(
            [p.arrival for queue in queues.values() for p in queue.oldest[:PREPARED_AT_ONCE]]
        )
        return floor, queues

    async def _undone(self, source: Source, redrives: Sequence[Arrival]) -> list[Arrival]:
        moment = await self._store.look([source], ids=[redrive.inbox_key for redrive in redrives])
        floor = moment.floors.get(source)
        if floor is None:
            return []
        return [each for each in redrives if each.inbox_key not in moment.known and each.offset >= floor.next]

    async def _queues(self, source: Source, redrives: Sequence[Arrival]) -> tuple[Floor | None, dict[str, ParkedQueue]]:
        """redrives: those that are not done. A look reads a bounded number of parked messages; those of other keys would take
        the place of the ones that are needed."""
        first = dict[str, Redrive]()  # by key
        for redrive in redrives:
            first.setdefault(redrive.key or "", _message(redrive))
        dropped = list({id for redrive in redrives for id in _message(redrive).drop})
        moment = await self._store.look([source], parked=list(first), named=dropped)
        queues = {key: ParkedQueue([], key in moment.more, {}) for key in first}
        for name in moment.named:
            queues[name.key].to_drop[name.seq] = name.id
        for row in moment.waiting:
            arrival = arrivals.of_parked(self._commands, row)
            # Repair it first: its claims, its facts and its preparation depend on the body.
            self._repair(arrival, first[row.key])
            queues[row.key].oldest.append(ParkedMessage(row.seq, arrival))
        return moment.floors.get(source), queues

    def carry_out(self, unit: UnitOfWork, redrive: Arrival, queues: Mapping[str, ParkedQueue], most: int) -> None:
        """Drops and decides the parked messages of the redrive's key. At the first that fails again it stops; that one and all
        behind it stay parked, and the redrive is done. most: messages of one write.

        Raises StalePreparation where the rest needs another write: what was decided so far is written, then the redrive begins
        again with what is left.
        """
        if unit.knows(redrive):
            return
        message, key = _message(redrive), redrive.key or ""
        if key in unit.parked_here:
            raise StalePreparation  # the store gives a message its `seq` when it is written
        queue = queues.get(key, _EMPTY)
        # An earlier redrive of this batch may have dropped or decided some of them.
        gone = set(unit.changes.unpark)
        for seq, id in queue.to_drop.items():
            if id in message.drop and seq not in gone:
                unit.give_up(key, id, seq)
                gone.add(seq)
        if self._decide(unit, key, queue, message, gone, most):
            unit.parked.discard(key)
        unit.mark_done(redrive)

    def _decide(
        self, unit: UnitOfWork, key: str, queue: ParkedQueue, message: Redrive, gone: set[int], most: int
    ) -> bool:
        """Decides the messages of the queue, but for those that are gone. False: one has failed again. Raises StalePreparation,
        see carry_out."""
        at_once = min(PREPARED_AT_ONCE, most) if self._preparing.needed else most
        for place, (seq, arrival) in enumerate(queue.oldest):
            if seq in gone:
                continue
            if place >= at_once or (place and unit.weight > WRITTEN):
                raise StalePreparation  # this write is full, or the message is not prepared
            if self._repair(arrival, message):
                raise StalePreparation  # claims, facts and preparation were those of the body before
            if unit.wants_what_was_released(arrival):
                raise StalePreparation  # the claim is free only after the write that releases it
            if not unit.handle_parked(key, arrival, seq):
                return False
        if queue.more:
            raise StalePreparation  # read and decide the others when these are written
        return True

    def refuse(self, unit: UnitOfWork, redrive: Arrival, why: str) -> None:
        """Ends a redrive without any effect, since the store refuses what its messages lead to. They stay parked. The redrive
        itself is not parked: it would wait behind them for ever."""
        log.warning("redrive_refused", topic=self._commands.name, key=redrive.key, why=why)
        unit.mark_done(redrive)

    def _repair(self, arrival: Arrival, message: Redrive) -> bool:
        """Gives a parked message the body that the redrive has for it. Returns whether its body has changed."""
        body = next((r.body for r in message.repaired if (r.source, r.id) == arrival.inbox_key), arrival.body)
        if body == arrival.body:
            return False
        arrival.body = body
        arrivals.decode(self._commands, arrival)
        return True
