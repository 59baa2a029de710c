"""`./lezzet why ID`: what happened to an order, user, command, mail or other id, in words, and why it goes no further now."""

import argparse
import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from replay import links, screen
from replay.failure import BadArgument
from replay.log.flow import Flow, flows
from replay.log.message import Message, printed
from replay.log.search import Found, find
from replay.log.story import Cause, Known, Reader, domain_of, inbox_key, told, waits
from replay.log.times import moment
from replay.tools import Tools, address, say, say_json
from replay.topics.floors import standings
from stores.kafka.log import LogReader
from stores.settings import Settings
from topics.contracts import all_topics

_ON = "      "  # before a sentence that goes on
_SECONDS = 1.0  # that a server has to take a connection
_NEEDS: dict[str, tuple[str, str, Callable[[Settings], str]]] = {
    "notification.effect": ("the mail server", "SMTP_URL", lambda s: s.smtp),
    "payment.effect": ("the payment provider", "PROVIDER_URL", lambda s: s.provider),
    "kitchen.effect": ("RabbitMQ", "RABBITMQ_URL", lambda s: s.rabbit),
    "analytics.index": ("Elasticsearch", "ELASTICSEARCH_URL", lambda s: s.elastic),
}
"""Groups with effects → what they need: its name, the environment variable with its address, and that."""

_PORTS = {"smtp": 25, "smtps": 465, "http": 80, "https": 443, "amqp": 5672, "amqps": 5671}


@dataclass(frozen=True)
class Why:
    """story: sentences, in order of time. waits: why it goes no further. flow: the flows, the earliest first."""

    id: str
    story: Sequence[str]
    waits: Sequence[Cause]
    flow: Sequence[Flow]
    found: Found

    def data(self) -> dict[str, Any]:
        return {
            "id": self.id, "story": list(self.story), "waits": [cause._asdict() for cause in self.waits],
            "flows": [flow.data() for flow in self.flow], "read": self.found.read, "cut": self.found.cut,
        }  # fmt: skip

    def lines(self, width: int | None) -> list[str]:
        """width: characters; sentences go on in further lines, bodies are cut. None: as long as they are."""
        now = [f"  {cause.kind}: {cause.says}" for cause in self.waits] or ["  nothing waits"]
        told = ["What happened:", *(f"  {line}" for line in self.story), "Now:", *now]
        tree = [line for flow in self.flow for line in ("", *flow.lines(width))]
        left = "; more messages were left out, narrow it with --since" if self.found.cut else ""
        read = f"{self.found.read:,} messages of {self.found.topics} topics read in {self.found.seconds:.1f} s{left}"
        return [*(part for line in told for part in screen.wrapped(line, width, _ON)), *tree, "", read]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="of an order, user, command, event, flow or mail")
    parser.add_argument("--since", metavar="WHEN", help="only messages from then on: 30s, 20m, 2h, 3d, or a time")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    screen.add_argument(parser)


async def run(tools: Tools, said: argparse.Namespace) -> int:
    found = await why(tools, said.id, moment("--since", said.since, datetime.now(UTC)))
    if said.json:
        say_json(found.data())
    else:
        *told, read = found.lines(screen.width(full=said.full))
        for line in (*told, f"page: {links.flow(tools.settings, found.id)}", read):
            say(line)
    return 0


async def why(tools: Tools, id: str, since: datetime | None = None) -> Why:
    """Raises BadArgument where no message names the id, and Unavailable."""
    wanted = id.strip().removeprefix("<").removesuffix(">").removesuffix("@lezzet")  # the Message-ID of a mail
    if not wanted:
        raise BadArgument("an empty id")
    async with tools.log() as log:
        found = await find(log, wanted, since)
        if not found.messages:
            raise BadArgument(
                f"no message names {printed(wanted)} ({found.read:,} messages of {found.topics} topics read)"
            )
        known = await _known(tools, log, found.messages)
    return Why(wanted, told(found.messages, known), waits(found.messages, known), flows(found.messages), found)


async def _known(tools: Tools, log: LogReader, messages: Sequence[Message]) -> Known:
    contracts = {m.logged.topic: all_topics()[m.logged.topic] for m in messages if m.logged.topic in all_topics()}
    async with tools.domains() as domains, tools.view_floors() as views:
        read = [Reader(one.group, one.place, one.next) for one in await standings(contracts.values(), domains, views)]
        parked = [row for topic in contracts for row in await domains.parked_keys(topic)]
        entered = {
            (domain, key): one
            for domain, asked in _by_domain(messages).items()
            if domain in domains.names
            for key, one in (await domains.entered(domain, asked)).items()
        }
    bounds = await log.bounds(log.places(contracts))
    async with tools.fates() as fates:
        withdrawn = await fates.withdrawn([m.id for m in messages if m.logged.topic.endswith("_commands")])
    groups = {reader.group for reader in read}
    return Known(read, bounds, parked, entered, withdrawn, await _away(tools.settings, groups))


def _by_domain(messages: Iterable[Message]) -> dict[str, list[tuple[str, str]]]:
    found = dict[str, list[tuple[str, str]]]()
    for message in messages:
        if message.logged.topic.endswith("_commands"):
            found.setdefault(domain_of(message.logged.topic), []).append(inbox_key(message))
    return found


async def _away(settings: Settings, groups: Iterable[str]) -> Mapping[str, str]:
    """Group → which server that it needs does not take a connection now."""
    asked = [group for group in groups if group in _NEEDS]
    answers = await asyncio.gather(*(_answers(_NEEDS[group][2](settings)) for group in asked))
    return {
        group: f"{_NEEDS[group][0]} does not answer at {address(_NEEDS[group][2](settings))} ({_NEEDS[group][1]})"
        for group, there in zip(asked, answers, strict=True)
        if not there
    }


async def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS.get(parts.scheme, 0))
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
