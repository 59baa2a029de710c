"""`./lezzet dlq redrive`: puts dead letters back, or has a parked key decided again. A dry run without --yes; with it the
topic `engineer_audit` has on record who does what, before it is done."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from replay.dlq.dead_letters import DeadLetter, State, chosen, dead_letter_topics, read, states
from replay.dlq.groups import of_letter, of_parked
from replay.dlq.resending import Repair, Resend, in_order, resend
from replay.dlq.unparking import SHOWN, Outcome, Unpark, carry_out
from replay.failure import BadArgument, CannotDo, no_such
from replay.log.on_record import arguments_of, put_on_record
from replay.log.scan import Progress
from replay.tools import Tools, say, say_beside, say_json
from stores.engineering import Domains, ParkedKey
from stores.kafka.raw import RawProducer
from topics.contracts import all_topics
from topics.contracts.engineer_audit import CommandGiven
from topics.messages import redrive
from topics.messages.topic import Topic

Judged = tuple[DeadLetter, State]


@dataclass(frozen=True, slots=True)
class _Plan:
    unparks: Sequence[Unpark]
    resends: Sequence[Resend]


@dataclass(frozen=True, slots=True)
class _Done:
    """keys: None where none was parked. sent: dead letters. refused: those that could not be sent."""

    keys: Outcome | None
    sent: int
    refused: int

    @property
    def good(self) -> bool:
        return not self.refused and (self.keys is None or not any(self.keys[1:]))

    def data(self) -> dict[str, Any]:
        return {
            "keys": None if self.keys is None else self.keys._asdict(),
            "sent": self.sent,
            "refused": self.refused,
        }


async def run(tools: Tools, said: argparse.Namespace) -> int:
    _check(said)
    async with tools.domains() as domains:
        async with tools.log() as log:
            names = dead_letter_topics(log, said.topic)
            letters = await read(log, names)
        topic = names[0].removesuffix("_dlq")
        contract = all_topics().get(topic)
        judged = list(zip(letters, await states(letters, domains), strict=True))
        plan = await _planned(said, judged, topic, contract, domains)
        if not said.json:
            _print(plan, contract)
        done = None
        if said.yes:
            await put_on_record(tools, CommandGiven, "dlq redrive", arguments_of(said))
            done = await _carry_out(tools, plan, domains, say_beside if said.json else say)
    if said.json:
        say_json({"topic": topic, **_data(plan, contract), "done": None if done is None else done.data()})
    elif done is None:
        say("dry run: nothing was sent, --yes does it")
    return 0 if done is None or done.good else 1


def _check(said: argparse.Namespace) -> None:
    if bool(said.all) + bool(said.group) + bool(said.id or said.key) != 1:
        raise BadArgument("say which: --id ID, --key KEY, --group FINGERPRINT or --all")
    if (said.body or said.header) and not said.id:
        raise BadArgument("--body and --header are for the one message that --id names")


async def _planned(
    said: argparse.Namespace, judged: Sequence[Judged], topic: str, contract: Topic | None, domains: Domains
) -> _Plan:
    parked = await domains.parked_keys(topic)
    if said.id:
        unpark = await _parked_message(said, judged, topic, parked, domains)
        if unpark is not None:
            return _Plan([unpark], [])
        letters = chosen([letter for letter, _ in judged], said.id)
    else:
        parked = [row for row in parked if said.all or row.key == said.key or of_parked(row) == said.group]
        # What keeps no inbox cannot say whether it was done since: only by its id.
        waits = [letter for letter, state in judged if state == "waits"]
        letters = [
            d for d in waits if said.all or (said.key is not None and d.key == said.key) or of_letter(d) == said.group
        ]
        if said.group and not parked and not letters:
            there = {of_parked(row) for row in await domains.parked_keys(topic)} | {
                of_letter(letter) for letter in waits
            }
            raise BadArgument(
                no_such(f"group that waits in {topic} with fingerprint", said.group, there, "nothing waits")
            )
        if not parked and not letters:
            which = "" if said.all else " under that key"
            raise CannotDo(f"nothing of {topic} waits{which}: see `./lezzet dlq list`")
    unparks = [] if said.id else await _unparks(said, topic, parked, domains)
    repair = _repair(said)
    taken = {d.inbox_key for d, state in judged if state == "taken"} if said.id else set[tuple[str, str]]()
    if any(letter.inbox_key in taken for letter in letters):
        raise CannotDo(f"{said.id} was redriven and decided already: sent again it would have no effect")
    now = datetime.now(UTC)
    return _Plan(unparks, [resend(letter, repair, contract, now) for letter in in_order(letters)])


async def _parked_message(
    said: argparse.Namespace, judged: Sequence[Judged], topic: str, parked: Sequence[ParkedKey], domains: Domains
) -> Unpark | None:
    """The key that --id is parked under, as the poison itself or behind it."""
    names = [said.id, *(letter.id for letter, _ in judged if letter.place == said.id)]
    mine = await domains.parked_as(topic, names)
    row = next((row for row in parked if mine and (row.domain, row.key) == (mine[0].domain, mine[0].key)), None)
    if row is None:
        return None
    if said.header or said.key not in (None, row.key):
        raise CannotDo("a parked message keeps its key and its headers: only --body and --drop are for it")
    body = _repair(said).body
    of_key = [waiting for waiting in mine if waiting.key == row.key]
    repaired = [] if body is None else [redrive.Repaired(id=w.id, source=w.source, body=body) for w in of_key]
    await _drops(said, topic, [row], domains)
    return await _unpark(row, domains, tuple(repaired), tuple(said.drop))


async def _unparks(
    said: argparse.Namespace, topic: str, parked: Sequence[ParkedKey], domains: Domains
) -> Sequence[Unpark]:
    drops = await _drops(said, topic, parked, domains)
    shown = [await _unpark(row, domains, drop=tuple(drops.get(row.key, ()))) for row in parked[:SHOWN]]
    others = [Unpark(r.domain, topic, r.key, r.messages, (), (), tuple(drops.get(r.key, ()))) for r in parked[SHOWN:]]
    return [*shown, *others]


async def _unpark(
    row: ParkedKey, domains: Domains, repaired: tuple[redrive.Repaired, ...] = (), drop: tuple[str, ...] = ()
) -> Unpark:
    oldest = await domains.parked(row.domain, row.topic, row.key, SHOWN)
    return Unpark(row.domain, row.topic, row.key, row.messages, oldest, repaired, drop)


async def _drops(
    said: argparse.Namespace, topic: str, parked: Sequence[ParkedKey], domains: Domains
) -> dict[str, list[str]]:
    """Key → ids that are given up. Raises CannotDo for one that is not parked under these keys."""
    keys, found = {row.key for row in parked}, dict[str, list[str]]()
    for waiting in await domains.parked_as(topic, said.drop) if said.drop else ():
        if waiting.key in keys:
            found.setdefault(waiting.key, []).append(waiting.id)
    for message_id in said.drop:
        if not any(message_id in ids for ids in found.values()):
            raise CannotDo(f"--drop: {message_id} is not parked there; a single dead letter has no effect anyway")
    return found


def _repair(said: argparse.Namespace) -> Repair:
    edits: dict[str, str] = {}
    for edit in said.header:
        name, equals, value = edit.partition("=")
        if not name or not equals:
            raise CannotDo(f"--header: {edit!r} is not NAME=VALUE")
        edits[name] = value
    return Repair(key=said.key if said.id else None, body=_bytes(said.body), headers=edits)


def _bytes(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise CannotDo(f"--body: {path}: {error.strerror}") from error


def _print(plan: _Plan, contract: Topic | None) -> None:
    for unpark in plan.unparks[:SHOWN]:
        for line in unpark.lines(contract):
            say(line)
    if len(plan.unparks) > SHOWN:
        say(f"decide again: and {len(plan.unparks) - SHOWN:,} keys more")
    for one in plan.resends[:SHOWN]:
        say(one.line())
    if len(plan.resends) > SHOWN:
        refused = sum(one.refused is not None for one in plan.resends[SHOWN:])
        say(f"and {len(plan.resends) - SHOWN:,} dead letters more, {refused:,} of them cannot be sent")


def _data(plan: _Plan, contract: Topic | None) -> dict[str, Any]:
    return {
        "decide_again": [unpark.data(contract) for unpark in plan.unparks],
        "send_again": [one.data() for one in plan.resends],
    }


async def _carry_out(tools: Tools, plan: _Plan, domains: Domains, tell: Callable[[str], None]) -> _Done:
    """Parked keys first: what is sent again under such a key must not have to wait behind it."""
    good = [one for one in plan.resends if one.refused is None]
    async with tools.producer() as producer:
        keys = await carry_out(plan.unparks, producer, domains, tell) if plan.unparks else None
        await _send(good, producer, domains, tell)
    return _Done(keys, len(good), len(plan.resends) - len(good))


async def _send(
    resends: Sequence[Resend], producer: RawProducer, domains: Domains, tell: Callable[[str], None]
) -> None:
    for one in resends:
        if one.letter.group.endswith(".effect"):
            await domains.forget_effect(one.letter.domain, one.letter.group, one.letter.id)
    progress, sent, ids = Progress(len(resends), "sent"), 0, {id(one.record): one.letter.id for one in resends}
    try:
        async with aclosing(producer.send_all([one.record for one in resends])) as chunks:
            async for chunk in chunks:
                sent += len(chunk)
                progress.at(sent)
                for record, (partition, offset) in chunk if len(resends) <= SHOWN else ():
                    tell(f"sent: {record.topic} {partition}:{offset} id={ids[id(record)]}")
    finally:
        progress.end()
        if len(resends) > SHOWN:
            tell(f"sent: {sent:,} of {len(resends):,} dead letters")
