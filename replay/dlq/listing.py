"""`./lezzet dlq list`: what lies in the dead letters and what became of it, and which keys are parked."""

import argparse
from collections.abc import Sequence

from replay.dlq.dead_letters import MEANINGS, DeadLetter, State, dead_letter_topics, read, states
from replay.log import reveal
from replay.log.message import printed, shown_key, shown_reason, stamp
from replay.tools import Tools, say, say_json
from stores.engineering import ParkedKey


async def run(tools: Tools, said: argparse.Namespace) -> int:
    async with tools.log() as log, tools.domains() as domains:
        names = dead_letter_topics(log, said.topic)
        letters = await read(log, names)
        found = list(zip(letters, await states(letters, domains), strict=True))
        parked = await domains.parked_keys(None if said.topic is None else names[0].removesuffix("_dlq"))
    plain = await reveal.revealed(tools, "dlq list", said)
    if said.json:
        rows = [
            row._asdict() | {"key": shown_key(row.key, reveal=plain), "reason": shown_reason(row.reason, reveal=plain)}
            for row in parked
        ]
        say_json({"dead_letters": [d.data(s, reveal=plain) for d, s in found], "parked": rows})
    else:
        _print(found, parked, reveal=plain)
    return 0


def _print(found: Sequence[tuple[DeadLetter, State]], parked: Sequence[ParkedKey], *, reveal: bool) -> None:
    topic = ""
    for letter, state in found:
        if letter.topic != topic:
            topic = letter.topic
            count = sum(other.topic == topic for other, _ in found)
            say(f"{topic}: {count} dead letter{'s'[: count != 1]}")
        say(f"  {letter.line(state, reveal=reveal)}")
    for row in parked:
        key, why = printed(shown_key(row.key, reveal=reveal)), printed(shown_reason(row.reason, reveal=reveal))
        say(
            f"parked: {row.topic} key={key}: {row.messages} message{'s'[: row.messages > 1]} since"
            f" {stamp(row.at)}, first id={printed(row.id)}: {why}"
        )
    if not found and not parked:
        say("no dead letters, no parked keys")
    for state, meaning in MEANINGS.items():
        if any(state == other for _, other in found):
            say(f"{state}: {meaning}")
