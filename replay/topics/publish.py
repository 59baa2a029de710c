"""`./lezzet publish TOPIC FILE`: sends messages of a file, one JSON object a line. Shows what it would send; sends with --yes.

    {"type": "CancelOrder", "key": "7d0e…", "body": {"reason": "asked by phone"}}

type and key may be missing where the topic needs none. May be there, too: id (a fresh one otherwise), correlation, headers (an
object of texts). Nothing is sent unless every line is as the topic's contract wants it, and who sends what is on record in
`engineer_audit`.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from replay.failure import BadArgument, no_such_topic
from replay.log.message import brief, faulty_header, printed
from replay.log.on_record import put_published_on_record
from replay.log.scan import Progress
from replay.tools import Tools, say, say_json
from stores.kafka.raw import RawRecord
from topics.contracts import all_topics
from topics.messages import headers, ids
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

SOURCE = "lezzet/engineer"
_SHOWN = 20  # messages, and mistakes, that are told one by one
_MOST = 100_000  # lines
_KEYED = ("_commands",)
_ROOM = 1024  # bytes that headers and Kafka's framing take of a topic's limit

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: msgspec.Raw
    key: _Text | None = None
    type: _Text | None = None
    id: _Text | None = None
    correlation: _Text | None = None
    headers: dict[_Text, str] = {}


_line = msgspec.json.Decoder(_Line).decode


@dataclass(frozen=True)
class Plan:
    """What would be sent, in the order of the file."""

    topic: str
    records: Sequence[RawRecord]

    def data(self) -> dict[str, Any]:
        return {"topic": self.topic, "messages": [_shown(record) for record in self.records]}

    def lines(self) -> list[str]:
        found = [_told(record) for record in self.records[:_SHOWN]]
        more = len(self.records) - len(found)
        return [*found, *([f"and {more:,} more"] if more else [])]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic")
    parser.add_argument("file", metavar="FILE", help="JSON lines; - for standard input")
    parser.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="of every message")
    parser.add_argument("--yes", action="store_true", help="do it")
    parser.add_argument("--json", action="store_true", help="one JSON document")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    plan = planned(said.topic, _read(said.file), _pairs(said.header), datetime.now(UTC))
    if not said.yes:
        if said.json:
            say_json(plan.data() | {"sent": 0})
        else:
            for line in plan.lines():
                say(line)
            say("dry run: nothing was sent, --yes does it")
        return 0
    await put_published_on_record(tools, plan.topic, [(_id(record), _key(record)) for record in plan.records])
    sent = await _send(tools, plan, quiet=said.json)
    if said.json:
        say_json(plan.data() | {"sent": sent})
    else:
        say(f"sent: {sent:,} message{'s'[: sent != 1]} to {plan.topic}")
    return 0


def planned(name: str, content: bytes, more: dict[str, str], now: datetime) -> Plan:
    """Raises BadArgument with all that is wrong with the lines, one line each."""
    topic = all_topics().get(name)
    if topic is None:
        raise no_such_topic(name, all_topics())
    if name.endswith("_events"):
        raise BadArgument(
            f"{name}: events come from the decisions of {topic.domain}; send the command that leads to them"
        )
    records, wrong = list[RawRecord](), list[str]()
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            records.append(_record(topic, line, more, now))
        except ValueError as error:
            wrong.append(f"line {number}: {printed(str(error))}")
    if not records and not wrong:
        raise BadArgument("the file has no message")
    if len(records) > _MOST:
        raise BadArgument(f"more than {_MOST:,} messages")
    if wrong:
        left = len(wrong) - _SHOWN
        raise BadArgument(
            "; ".join([*wrong[:_SHOWN], *([f"and {left:,} lines more"] if left > 0 else [])]) + ". Nothing was sent"
        )
    return Plan(name, records)


def _record(topic: Topic, line: bytes, more: dict[str, str], now: datetime) -> RawRecord:
    """Raises ValueError."""
    try:
        said = _line(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError(str(error) or "nested too deeply") from error
    if said.key is None and topic.name.endswith(_KEYED):
        raise ValueError(f"key: missing; here it is {topic.key}")
    body = bytes(said.body)
    named = _headers(topic, said, more, now)
    if len(body) + sum(len(name) + len(value) for name, value in named) + _ROOM > topic.max_bytes:
        raise ValueError(f"{len(body):,} bytes, the topic takes {topic.max_bytes:,}")
    if wrong := faulty_header(named):
        raise ValueError(wrong)
    try:
        topic.decode(said.type, body, said.headers.get(headers.SCHEMA_VERSION))
    except Undecodable as error:
        raise ValueError(str(error)) from error
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return RawRecord(topic.name, None if said.key is None else said.key.encode(), named, body)


def _headers(topic: Topic, said: _Line, more: dict[str, str], now: datetime) -> list[tuple[str, bytes]]:
    id = said.id or ids.fresh()
    named = {
        "ce_specversion": "1.0",
        headers.ID: id,
        **({headers.TYPE: said.type} if said.type else {}),
        headers.SOURCE: SOURCE,
        headers.TIME: now.isoformat(),
        **({headers.SUBJECT: said.key} if said.key else {}),
        headers.CORRELATION: said.correlation or id,
        **more,
        **said.headers,
    }
    return [(name, value.encode()) for name, value in named.items()]


def _pairs(said: Sequence[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in said]
    if wrong := next((name + value for name, equals, value in pairs if not name or not equals), None):
        raise BadArgument(f"--header: {wrong!r} is not NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadArgument(f"{name}: {error.strerror}") from error


async def _send(tools: Tools, plan: Plan, *, quiet: bool) -> int:
    progress = Progress(len(plan.records), "sent")
    sent = 0
    try:
        async with tools.producer() as producer, aclosing(producer.send_all(plan.records)) as chunks:
            async for chunk in chunks:
                sent += len(chunk)
                progress.at(sent)
                for record, (partition, offset) in chunk if not quiet and len(plan.records) <= _SHOWN else ():
                    say(f"sent: {record.topic} {partition}:{offset} id={printed(_id(record))}")
    except BaseException:
        progress.end()
        sys.stderr.write(
            f"lezzet publish: {sent:,} of {len(plan.records):,} messages were sent, of the next 500 some may be\n"
        )
        raise
    progress.end()
    return sent


def _id(record: RawRecord) -> str:
    return next((value.decode() for name, value in record.headers if name == headers.ID), "")


def _key(record: RawRecord) -> str | None:
    return None if record.key is None else record.key.decode()


def _told(record: RawRecord) -> str:
    kind = next((value.decode() for name, value in record.headers if name == headers.TYPE), None)
    return f"send: {record.topic} key={printed(_key(record))} {printed(kind)} id={printed(_id(record))} {brief(record.body)}"


def _shown(record: RawRecord) -> dict[str, Any]:
    return {
        "key": _key(record),
        "id": _id(record),
        "headers": {name: value.decode(errors="backslashreplace") for name, value in record.headers},
        "bytes": len(record.body or b""),
    }
