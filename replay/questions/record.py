"""`./lezzet record ID > set.jsonl`: the flows that an id takes part in, with the events of their aggregates and the facts that
their decisions have read. For `./lezzet play`, on any machine; it holds nobody's data (replay/shadow/sets.py).
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

from replay.failure import BadArgument, CannotDo
from replay.log.scan import Log
from replay.log.search import MOST as MOST_FOUND
from replay.log.search import find_in_shares
from replay.shadow import domains, sets
from replay.shadow.copies import Copies, read_of
from replay.shadow.domains import Domain
from replay.shadow.memory import Inbox
from replay.shadow.reading import Reading
from replay.shadow.sets import InboxEntry, RecordedSet, Role
from replay.shares import cores
from replay.tools import Tools
from stores.kafka.growth import Growth, growth_in
from stores.kafka.log import Logged
from stores.settings import Settings

MOST = 20_000  # messages of a set

_ROLES: Sequence[Role] = ("fact", "before", "flow")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="as of `trace`: of an order, command, user, flow, …")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    made = await record(tools, said.id)
    sys.stdout.write(made.encode().decode())
    sys.stdout.flush()
    return 0


async def record(tools: Tools, id: str) -> RecordedSet:
    """Raises BadArgument, CannotDo, Unavailable."""
    found = await find_in_shares(tools.log, id, None, cores())
    flow = [message.logged for message in found.messages if not message.dead]
    if not flow:
        raise BadArgument(f"no message has {id!r} as id, key, subject, operation, caller or correlation")
    if found.cut:
        raise CannotDo(f"{id!r} takes part in more than {MOST_FOUND:,} messages: name one of its flows or commands")
    async with tools.log() as log, tools.domains() as stores:
        return await of_flow(tools.settings, id, flow, log, stores, await growth_in(log))


async def of_flow(
    settings: Settings,
    id: str,
    flow: Sequence[Logged],
    log: Log,
    stores: Inbox,
    growth: Mapping[str, Growth] | None = None,
) -> RecordedSet:
    """flow: messages of its topics. Raises CannotDo, Unavailable."""
    made = _Set(flow)
    for domain in domains.every(settings):
        keys = {(each.key or b"").decode() for each in flow if each.topic == domain.commands.name and each.key}
        for key in sorted(keys):
            await made.add(domain, key, Reading(log, domain, growth or {}, stores))
    return sets.made(id, made.records(), made.inbox)


class _Set:
    def __init__(self, flow: Sequence[Logged]) -> None:
        self._roles: dict[tuple[str, int, int], tuple[Role, Logged]] = {}
        self._flow = {(each.topic, each.partition, each.offset) for each in flow}
        self.inbox: list[InboxEntry] = []
        self._take("flow", flow)

    def records(self) -> list[tuple[Role, Logged]]:
        """By topic and partition, in their order."""
        if len(self._roles) > MOST:
            raise CannotDo(f"the set would have {len(self._roles):,} messages, {MOST:,} are allowed")
        return [self._roles[place] for place in sorted(self._roles)]

    async def add(self, domain: Domain, key: str, reading: Reading) -> None:
        """What the flow's commands to one aggregate were decided on."""
        async for part in reading.parts(None, key):
            commands = [each for each in part.commands if _place(each.logged) in self._flow]
            if not commands:
                continue
            last = max(each.at for each in commands)
            events = part.events_of_key.get(key, ())
            known = [n for n, event in enumerate(events, 1) if event.at <= last]
            self._take("before", [event.logged for event in events[: max(known, default=0)]])
            copies = Copies(domain.decider)
            for each in commands:
                said = part.read_by(each)
                if said is not None:
                    copies.want(read_of(said))
                entered = part.entered.get(each.inbox_key)
                if entered is not None:
                    entry = InboxEntry(
                        inbox=domain.name, source=each.source, id=each.id, outcome=entered.outcome, facts=entered.facts
                    )
                    self.inbox.append(entry)
            wanted = copies.keys()
            self._take("fact", [e for e in part.facts if (e.key or b"").decode() in wanted.get(e.topic, ())])

    def _take(self, role: Role, records: Sequence[Logged]) -> None:
        for each in records:
            before = self._roles.get(_place(each))
            if before is None or _ROLES.index(before[0]) < _ROLES.index(role):
                self._roles[_place(each)] = role, each


def _place(record: Logged) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset
