"""A parked key: the command to its actor to decide again what waits there, and what came of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from replay.message import printed, stamp
from stores.kafka.raw import RawRecord
from stores.postgres.engineering import Domains
from stores.protocol import ParkedRow
from topics.messages import headers, ids, redrive
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

SOURCE = "lezzet/engineer"
PATIENCE = 30.0  # seconds for the actor to answer
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Unpark:
    """Everything that waits behind one key, oldest first; and what an engineer changes of it."""

    domain: str
    topic: str
    key: str
    rows: Sequence[ParkedRow]
    repaired: tuple[redrive.Repaired, ...] = ()
    drop: tuple[str, ...] = ()

    def lines(self, contract: Topic | None) -> list[str]:
        title = f"decide again: {self.topic} key={printed(self.key)}: {len(self.rows)} parked, in this order"
        return [title, *(f"  {self._line(row, contract)}" for row in self.rows)]

    def _line(self, row: ParkedRow, contract: Topic | None) -> str:
        bodies = {(r.source, r.id): r.body for r in self.repaired}
        body = bodies.get((row.source, row.id))
        what = "given up" if row.id in self.drop else "as it is" if body is None else f"repaired ({len(body):,} bytes)"
        parts = [stamp(row.at), f"id={printed(row.id)}", what, f"parked: {printed(row.reason)}"]
        if body is not None and contract is not None and (wrong := _wrong(row, body, contract)):
            parts.append(f"STILL UNREADABLE: {wrong}")
        return "  ".join(parts)

    def command(self) -> tuple[str, RawRecord]:
        """(its id, the record). It belongs to the flow of the message that it frees."""
        command_id, first = ids.fresh(), self.rows[0]
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
        return str(error)
    return None


async def outcome(unpark: Unpark, command_id: str, domains: Domains) -> tuple[bool, str]:
    """(whether the key is free, a sentence). Waits until the actor has done the command, within PATIENCE."""
    about = f"{unpark.topic} key={printed(unpark.key)}"
    try:
        async with asyncio.timeout(PATIENCE):
            while not await domains.known(unpark.domain, [(SOURCE, command_id)]):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)  # another process answers, in its database
    except TimeoutError:
        return False, (
            f"{about}: sent as {command_id}, not done within {PATIENCE:.0f} s: do the agents run (`./lezzet status`)?"
            " It is done when they do"
        )
    left = await domains.parked(unpark.domain, unpark.topic, unpark.key)
    if not left:
        return True, f"{about}: unparked"
    return False, (
        f"{about}: still parked, {len(left)} messages; id={printed(left[0].id)} was refused again:"
        " the agents' log says why (redrive_refused)"
    )
