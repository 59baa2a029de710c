"""A parked key: the command to its actor to decide again what waits there, and what came of it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from replay.log.message import printed, shown_key, shown_reason, stamp
from replay.tools import say
from stores.engineering import Domains, First, Left
from stores.kafka.raw import RawProducer, RawRecord
from stores.protocol import ParkedRow
from topics.messages import headers, ids, redrive
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

SOURCE = "lezzet/engineer"
PATIENCE = 30.0  # seconds without progress, after which nobody is waited for any more
SHOWN = 20  # messages of a key, and keys, that are shown one by one
_LOOK = 0.1
_SPEAK = 1.0  # seconds between two lines about the progress
_AT_ONCE = 2_000  # orders under way


@dataclass(frozen=True, slots=True)
class Unpark:
    """Everything that waits behind one key, and what an engineer changes of it.

    messages: how many wait. oldest: the first of them, as far as they are shown.
    """

    domain: str
    topic: str
    key: str
    messages: int
    oldest: Sequence[ParkedRow]
    repaired: tuple[redrive.Repaired, ...] = ()
    drop: tuple[str, ...] = ()

    def lines(self, contract: Topic | None) -> list[str]:
        more = self.messages - len(self.oldest)
        rows = [f"  {self._line(row, contract)}" for row in self.oldest]
        title = f"decide again: {self.topic} key={printed(shown_key(self.key))}: {self.messages} parked, in this order"
        return [title, *rows, *([f"  and {more:,} more"] if more > 0 else [])]

    def data(self, contract: Topic | None) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "key": shown_key(self.key),
            "messages": self.messages,
            "oldest": [
                {
                    "time": stamp(row.at), "id": row.id, "reason": shown_reason(row.reason), "dropped": row.id in self.drop,
                    "repaired": None if (body := self._repaired(row)) is None else len(body),
                    "wrong": None if body is None or contract is None else _wrong(row, body, contract),
                }
                for row in self.oldest
            ],
        }  # fmt: skip

    def _repaired(self, row: ParkedRow) -> bytes | None:
        return next((each.body for each in self.repaired if (each.source, each.id) == (row.source, row.id)), None)

    def _line(self, row: ParkedRow, contract: Topic | None) -> str:
        body = self._repaired(row)
        what = "given up" if row.id in self.drop else "as it is" if body is None else f"repaired ({len(body):,} bytes)"
        parts = [stamp(row.at), f"id={printed(row.id)}", what, f"parked: {printed(shown_reason(row.reason))}"]
        if body is not None and contract is not None and (wrong := _wrong(row, body, contract)):
            parts.append(f"STILL UNREADABLE: {wrong}")
        return "  ".join(parts)

    def command(self, first: First) -> tuple[str, RawRecord]:
        """(its id, the record). It belongs to the flow of the first message that it frees."""
        command_id = ids.fresh()
        flow = [value for name, value in first.headers if name == headers.CORRELATION]
        named = {
            "ce_specversion": b"1.0",
            headers.ID: command_id.encode(),
            headers.TYPE: redrive.TYPE.encode(),
            headers.SOURCE: SOURCE.encode(),
            headers.TIME: datetime.now(UTC).isoformat().encode(),
            headers.SUBJECT: self.key.encode(),
            headers.CORRELATION: flow[-1] if flow else first.id.encode(),
            headers.CAUSATION: first.id.encode(),
        }
        body = msgspec.json.encode(redrive.Redrive(repaired=self.repaired, drop=self.drop))
        return command_id, RawRecord(self.topic, self.key.encode(), [*named.items()], body)


def _wrong(row: ParkedRow, body: bytes, contract: Topic) -> str | None:
    names = (headers.TYPE, headers.SCHEMA_VERSION)
    said = {name: value.decode(errors="backslashreplace") for name, value in row.headers if name in names}
    try:
        contract.decode(said.get(headers.TYPE), body, said.get(headers.SCHEMA_VERSION))
    except Undecodable as error:
        return shown_reason(str(error))
    return None


class Outcome(NamedTuple):
    """How many keys are free, and are still parked; of how many the order is under way, and is carried out when agents run; and
    for how many none was sent."""

    free: int
    parked: int
    under_way: int
    not_sent: int


async def carry_out(
    unparks: Sequence[Unpark], producer: RawProducer, domains: Domains, tell: Callable[[str], None] = say
) -> Outcome:
    """Sends the orders, _AT_ONCE under way, and tells what becomes of them.

    unparks: of one topic, which one domain decides; one for each key. Raises Unavailable. Orders that were sent are done by
    the actors all the same.
    """
    return await _Orders(unparks, producer, domains, tell).run()


class _Orders:
    """under_way: id of the order → its key. left: messages that were parked there when it was looked last."""

    def __init__(
        self, unparks: Sequence[Unpark], producer: RawProducer, domains: Domains, tell: Callable[[str], None]
    ) -> None:
        self._domain, self._topic = unparks[0].domain, unparks[0].topic
        self._waiting = deque(unparks)
        self._keys = len(unparks)
        self._producer = producer
        self._domains = domains
        self._tell = tell
        self._under_way = dict[str, Unpark]()
        self._left = 0
        self._free = 0
        self._refused = 0
        self._progress_at = self._spoken_at = time.monotonic()

    async def run(self) -> Outcome:
        try:
            while self._waiting or self._under_way:
                await self._send()
                if not await self._settle():
                    await asyncio.sleep(_LOOK)  # another process answers, in its database
                if time.monotonic() - self._spoken_at > _SPEAK:
                    await self._speak()
                if time.monotonic() - self._progress_at > PATIENCE:
                    self._give_up()
                    return self._outcome
        except asyncio.CancelledError:
            self._tell(
                f"stopped: {self._free:,} keys are free, {self._refused:,} are still parked; {len(self._under_way):,} orders"
                f" are under way and are carried out, {len(self._waiting):,} were not sent"
            )
            raise
        if self._keys > SHOWN:
            self._tell(f"{self._free:,} keys are free, {self._refused:,} are still parked")
        return self._outcome

    @property
    def _outcome(self) -> Outcome:
        return Outcome(self._free, self._refused, len(self._under_way), len(self._waiting))

    async def _send(self) -> None:
        chosen = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE - len(self._under_way)))]
        if not chosen:
            return
        first = await self._domains.first(self._domain, self._topic, [unpark.key for unpark in chosen])
        sent = list[RawRecord]()
        for unpark in chosen:
            if unpark.key not in first:
                self._end(unpark, None)  # somebody else has freed it meanwhile
                continue
            command_id, record = unpark.command(first[unpark.key])
            self._under_way[command_id] = unpark
            sent.append(record)
        # Each is of another key, so nothing depends on their order.
        await asyncio.gather(*map(self._producer.send, sent))

    async def _settle(self) -> bool:
        """Says what became of the orders that are done. Returns whether there were any."""
        known = await self._domains.known(self._domain, [(SOURCE, command_id) for command_id in self._under_way])
        done = [self._under_way.pop(command_id) for _, command_id in known]
        left = await self._domains.left(self._domain, self._topic, [unpark.key for unpark in done])
        for unpark in done:
            self._end(unpark, left.get(unpark.key))
        if done:
            self._progress_at = time.monotonic()
        return bool(done)

    def _end(self, unpark: Unpark, left: Left | None) -> None:
        about = f"{unpark.topic} key={printed(shown_key(unpark.key))}"
        if left is None:
            self._free += 1
            if self._keys <= SHOWN:
                self._tell(f"{about}: unparked")
            return
        self._refused += 1
        if self._refused <= SHOWN:
            self._tell(
                f"{about}: still parked, {left.messages} messages; id={printed(left.id)} was refused again:"
                " the agents' log says why (redrive_refused)"
            )

    async def _speak(self) -> None:
        keys = [unpark.key for unpark in self._under_way.values()]
        left = sum(each.messages for each in (await self._domains.left(self._domain, self._topic, keys)).values())
        if left != self._left:
            self._left, self._progress_at = left, time.monotonic()
        self._spoken_at = time.monotonic()
        self._tell(
            f"{self._free + self._refused:,} of {self._keys:,} keys are decided, {left:,} messages are parked under the next"
        )

    def _give_up(self) -> None:
        for command_id, unpark in [*self._under_way.items()][:SHOWN]:
            self._tell(
                f"{unpark.topic} key={printed(shown_key(unpark.key))}: sent as {command_id}, no progress within"
                f" {PATIENCE:.0f} s: do the agents run (`./lezzet status`)? It is done when they do"
            )
        if self._waiting:
            self._tell(f"not sent: orders for {len(self._waiting):,} keys; give the command again")
