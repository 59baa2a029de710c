"""`./lezzet play set.jsonl …`: what the deciders of this checkout make of recorded flows. No server is asked.

Tells of each set what is decided the same, differently, and what cannot be known; see `./lezzet decide`.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from replay.failure import BadArgument
from replay.questions.decide import Decided, judge
from replay.shadow import domains, sets
from replay.shadow.memory import MemoryInbox, MemoryLog
from replay.shadow.reading import Reading
from replay.shadow.sets import RecordedSet
from replay.tools import Tools, say, say_json
from stores.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sets", nargs="+", metavar="FILE", help="as `./lezzet record` has written them")
    parser.add_argument("--json", action="store_true", help="one JSON document a set")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    """Exit code 1 where something is decided differently."""
    different = 0
    for name in said.sets:
        found = await play(tools.settings, read(Path(name)))
        different += sum(each.different for each in found)
        if said.json:
            say_json({"set": name, "domains": [each.data() for each in found]})
            continue
        say(f"{name}:")
        for each in found:
            for line in each.lines():
                say(f"  {line}")
    return 1 if different else 0


def read(path: Path) -> RecordedSet:
    """Raises BadArgument."""
    try:
        return sets.decode(path.read_bytes(), str(path))
    except OSError as error:
        raise BadArgument(f"{path}: {error.strerror}") from None


async def play(settings: Settings, found: RecordedSet) -> Sequence[Decided]:
    """Of each domain whose commands are in the set."""
    log, inbox, played = MemoryLog(found.records()), MemoryInbox(found.entered()), list[Decided]()
    for domain in domains.every(settings):
        if domain.commands.name in log.topics:
            began, decided = time.monotonic(), Decided(domain.name)
            await judge(decided, domain, Reading(log, domain, {}, inbox))
            decided.seconds = time.monotonic() - began
            played.append(decided)
    return played
