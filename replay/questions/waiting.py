"""What is known of the messages of a flow beside them: the domains' stores, the views, the agents and the servers around them
are asked at the same time, each for some seconds, and none of them is changed. Who does not answer is named, and the rest is
told.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from replay.log.known import COMMANDS, EVENTS, Known, Reader, Standstill, Unasked, domain_of, inbox_key
from replay.log.message import Message, in_time
from replay.supervised import NotSupervised, health
from replay.tools import Tools, address
from replay.topics import floors
from stores.engineering import Domains, Entered, ParkedKey, SetAside, SetTimer, Written
from stores.errors import Doubt
from stores.kafka.log import LogReader, Place
from stores.protocol import InboxKey, Source
from stores.settings import Settings
from stores.technologies import TECHNOLOGIES, Technology, domains_of, technology
from topics.contracts import all_topics
from topics.messages import headers

T = TypeVar("T")

ASKED = 2_000
"""Messages, the newest ones, about whose effects, outbox rows and timers stores are asked: what waits is seldom older."""
_EFFECTS = ".effect"
_ROWS = 100  # outbox rows of a partition
_LONGEST = 2_000  # bytes of a name
_PATIENCE = 8.0  # seconds that somebody has to answer all that is asked
_WHY = 120  # characters of what a driver says
_CONNECT = 1.0  # seconds that a server has to take a connection

_NEEDS: dict[str, tuple[str, str, Callable[[Settings], str]]] = {
    "notification.effect": ("the mail server", "SMTP_URL", lambda s: s.smtp),
    "payment.effect": ("the payment provider", "PROVIDER_URL", lambda s: s.provider),
    "kitchen.effect": ("RabbitMQ", "RABBITMQ_URL", lambda s: s.rabbit),
    "analytics.index": ("Elasticsearch", "ELASTICSEARCH_URL", lambda s: s.elastic),
}
"""Groups with effects → what they need: its name, the environment variable with its address, and that."""

_PORTS = {"smtp": 25, "smtps": 465, "http": 80, "https": 443, "amqp": 5672, "amqps": 5671}


@dataclass(slots=True)
class _Stored:
    """What the stores of some domains say: see Known."""

    readers: list[Reader] = field(default_factory=list[Reader])
    parked: list[ParkedKey] = field(default_factory=list[ParkedKey])
    entered: dict[tuple[str, InboxKey], Entered] = field(default_factory=dict[tuple[str, InboxKey], Entered])
    aside: list[SetAside] = field(default_factory=list[SetAside])
    unsent: list[Written] = field(default_factory=list[Written])
    timers: list[SetTimer] = field(default_factory=list[SetTimer])


@dataclass(slots=True)
class _Shown:
    """What the views' Redis says. answered: operations whose answers went out a short while ago."""

    readers: list[Reader] = field(default_factory=list[Reader])
    withdrawn: set[str] = field(default_factory=set[str])
    answered: set[str] = field(default_factory=set[str])


async def known(tools: Tools, log: LogReader, messages: Sequence[Message], now: datetime) -> Known:
    """now: UTC. Raises Unavailable where Kafka does not answer."""
    topics = sorted({m.logged.topic for m in messages} & all_topics().keys())
    settings, newest = tools.settings, in_time(messages)[-ASKED:]
    stored, shown, (standstills, silent) = await asyncio.gather(
        asyncio.gather(*(_of_technology(settings, each, topics, messages, newest) for each in TECHNOLOGIES)),
        _answer(_of_views(tools, topics, messages, newest), f"Redis at {address(settings.redis)} (REDIS_URL)",
                "which commands were withdrawn and how far views are", needed=True),
        _of_agents(settings),
    )  # fmt: skip
    stores = [each for each in stored if isinstance(each, _Stored)]
    views = shown if isinstance(shown, _Shown) else _Shown()
    readers = sorted([*(reader for each in stores for reader in each.readers), *views.readers])
    bounds = await log.bounds(log.places(topics))
    return Known(
        readers=readers,
        bounds=bounds,
        parked=[row for each in stores for row in each.parked],
        entered={key: one for each in stores for key, one in each.entered.items()},
        withdrawn=views.withdrawn,
        away=await _away(settings, {reader.group for reader in readers}),
        aside=[row for each in stores for row in each.aside],
        unsent=[row for each in stores for row in each.unsent if not _went_out(row, views.answered)],
        timers=sorted((row for each in stores for row in each.timers), key=lambda row: row.due),
        standstills=standstills,
        unasked=[*(each for each in (*stored, shown) if isinstance(each, Unasked)), *silent],
        now=now,
    )


async def _answer(asked: Awaitable[T], who: str, what: str, *, needed: bool) -> T | Unasked:
    """what: is not known without it."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await asked
    except TimeoutError:
        why = f"not within {_PATIENCE:.0f} s"
    except Doubt as error:
        why = str(error)[:_WHY]
    return Unasked(f"{who} does not answer ({why}): {what} is not known; `./lezzet status`", needed)


# -- domains' stores


async def _of_technology(
    settings: Settings, of: Technology, topics: Sequence[str], messages: Sequence[Message], newest: Sequence[Message]
) -> _Stored | Unasked:
    domains = sorted({domain_of(topic) for topic in topics if technology(domain_of(topic)) is of})
    who = f"{of.server} at {address(of.url(settings))} ({of.variable})"
    what = f"what {', '.join(domains) if domains else 'its domains'} did and what waits there"
    asked = _of_stores(domains_of(settings, of), topics, messages, newest)
    return await _answer(asked, who, what, needed=bool(domains))


async def _of_stores(
    opening: AbstractAsyncContextManager[Domains], topics: Sequence[str], messages: Sequence[Message],
    newest: Sequence[Message],
) -> _Stored:  # fmt: skip
    async with opening as domains:
        found = _Stored([Reader(*each[:3]) for each in await floors.of_stores(topics, domains)])
        for topic in topics:
            if not topic.endswith(EVENTS):  # whoever reads events parks none
                found.parked += await domains.parked_keys(topic)
        commands = _commands(messages)
        for domain in domains.names:
            mine = [reader for reader in found.readers if reader.group.partition(".")[0] == domain]
            if asked := commands.get(domain):
                found.entered |= {(domain, key): one for key, one in (await domains.entered(domain, asked)).items()}
            if led_to := _led_to(mine, newest):
                found.unsent += await domains.outbox(domain, led_to, _ROWS)
            if events := _events(mine, newest):
                found.aside += await domains.set_aside(domain, events)
            if keys := _keys(domain, newest):
                found.timers += await domains.timers(domain, keys)
    return found


def _commands(messages: Iterable[Message]) -> dict[str, list[InboxKey]]:
    found = defaultdict[str, list[InboxKey]](list)
    for message in messages:
        if message.logged.topic.endswith(COMMANDS) and _storable(*inbox_key(message)):
            found[domain_of(message.logged.topic)].append(inbox_key(message))
    return found


def _led_to(readers: Iterable[Reader], messages: Iterable[Message]) -> Mapping[Source, Collection[int]]:
    offsets = defaultdict[Place, list[int]](list)
    for message in messages:
        offsets[message.logged.place].append(message.logged.offset)
    return {Source(at.group, *at.place): offsets[at.place] for at in readers if at.place in offsets}


def _events(readers: Iterable[Reader], messages: Iterable[Message]) -> Collection[tuple[str, str]]:
    """(group, id) of those that have effects, or may have."""
    groups = defaultdict[str, set[str]](set)
    for reader in readers:
        if reader.group.endswith(_EFFECTS):
            groups[reader.place.topic].add(reader.group)
    return {(group, m.id) for m in messages if _storable(m.id) for group in groups.get(m.logged.topic, ())}


def _keys(domain: str, messages: Iterable[Message]) -> Collection[str]:
    """Of the domain's own aggregates."""
    mine = (m.key for m in messages if domain_of(m.logged.topic) == domain)
    return list(dict.fromkeys(key for key in mine if key is not None and _storable(key)))


def _storable(*names: str) -> bool:
    """Whether a store may have something of these names. It refuses to be asked for others (BadData)."""
    return all("\0" not in name and len(name.encode()) <= _LONGEST for name in names)


def _went_out(row: Written, answered: Collection[str]) -> bool:
    return row.channel == "reply" and (row.key or b"").decode(errors="replace") in answered


# -- views, agents, servers


async def _of_views(
    tools: Tools, topics: Sequence[str], messages: Sequence[Message], newest: Sequence[Message]
) -> _Shown:
    commands = [m.id for m in messages if m.logged.topic.endswith(COMMANDS)]
    operations = {found for m in newest if (found := m.headers.get(headers.OPERATION))}
    async with tools.fates() as fates, tools.view_floors() as views, tools.replies() as replies:
        readers = [Reader(*each[:3]) for each in await floors.of_views(topics, views)]
        return _Shown(readers, await fates.withdrawn(commands), await replies.kept(operations))


async def _of_agents(settings: Settings) -> tuple[list[Standstill], list[Unasked]]:
    unknown = "whether partitions stand still is not known"
    try:
        pages = await health(settings.supervisor)
    except NotSupervised as error:
        return [], [Unasked(f"{unknown}: {error}", needed=False)]
    found, silent = list[Standstill](), list[Unasked]()
    for name, said in pages.items():
        try:
            found += _standstills(said or {})
        except ValueError:
            said = None
        if said is None:
            silent.append(Unasked(f"{name} does not say it, so {unknown}; `./lezzet status`", needed=False))
    return found, silent


class _Told(msgspec.Struct):
    """Of a group, by agents/runtime/readiness.py."""

    held_back: list[str] = []
    stopped: dict[str, str] = {}
    behind: dict[str, str] = {}
    since: dict[str, datetime] = {}


def _standstills(said: Mapping[str, Any]) -> Iterator[Standstill]:
    """said: the health page of an agents process. Raises ValueError where it is of a release that says it otherwise."""
    for group, told in msgspec.convert(said.get("groups", {}), dict[str, _Told]).items():
        for name in told.held_back:
            yield Standstill(group, _named(name), "held", told.since.get(name), "")
        for name, why in told.stopped.items():
            yield Standstill(group, _named(name), "stopped", told.since.get(name), why)
        for name, why in told.behind.items():
            yield Standstill(group, _named(name), "behind", None, why)


def _named(place: str) -> Place:
    topic, _, partition = place.rpartition(":")
    return Place(topic, int(partition))


async def _away(settings: Settings, groups: Iterable[str]) -> Mapping[str, str]:
    """Group → which server that it needs does not take a connection now."""
    asked = [group for group in groups if group in _NEEDS]
    answers = await asyncio.gather(*(_connects(_NEEDS[group][2](settings)) for group in asked))
    return {
        group: f"{_NEEDS[group][0]} does not answer at {address(_NEEDS[group][2](settings))} ({_NEEDS[group][1]})"
        for group, there in zip(asked, answers, strict=True)
        if not there
    }


async def _connects(url: str) -> bool:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_CONNECT):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS.get(parts.scheme, 0))
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
