"""The technologies of domains' stores, and which one each domain stands on.

Whoever needs a domain's store asks here; only tests and tools of one technology name it.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import stores.mongo.connection
import stores.mongo.engineering
import stores.mongo.provision
import stores.mongo.rereading
import stores.mongo.store
import stores.mongo.taking_over
import stores.postgres.engineering
import stores.postgres.rereading
import stores.postgres.store
import stores.redis_authority.connections
import stores.redis_authority.engineering
import stores.redis_authority.errors
import stores.redis_authority.provision
import stores.redis_authority.rereading
import stores.redis_authority.store
import stores.redis_authority.taking_over
from stores import tracing
from stores.engineering import (
    Domains,
    Entered,
    Facts,
    First,
    Floor,
    Left,
    ParkedAs,
    ParkedKey,
    SetAside,
    SetTimer,
    Written,
)
from stores.mongo.errors import SERVER
from stores.postgres.leaving import Leaving, leaving
from stores.protocol import DomainStore, InboxKey, ParkedRow, Source, Stored
from stores.settings import Settings
from stores.watched import watched


@dataclass(frozen=True, slots=True)
class Technology:
    """server: its name, also in errors (Unavailable.server). variable: the environment variable with its URL. url: that one.

    Each of the others takes the URL. ping: raises where the server does not answer. store: the store of a domain, which
    connects when it is first asked. provision: brings what a domain's store needs up to date, and returns how many steps were
    missing. domains: the engineers' questions to those domains whose names pass. facts: the facts of a domain. take_over:
    copies what the domain has in PostgreSQL; None for PostgreSQL itself.
    """

    server: str
    variable: str
    url: Callable[[Settings], str]
    ping: Callable[[str], Awaitable[None]]
    store: Callable[[str, str], Awaitable[DomainStore]]
    provision: Callable[[Settings, str, str], Awaitable[int]]
    domains: Callable[[str, Callable[[str], bool]], AbstractAsyncContextManager[Domains]]
    facts: Callable[[str, str], AbstractAsyncContextManager[Facts]]
    take_over: Callable[[str, str, Leaving], Awaitable[None]] | None = None


async def _migrate(settings: Settings, url: str, domain: str) -> int:
    from stores.postgres.migrate import migrate  # yoyo and psycopg: needed by this alone, and not by the agents

    return await asyncio.to_thread(migrate, url, domain)


POSTGRES = Technology(
    server="PostgreSQL",
    variable="POSTGRES_URL",
    url=lambda settings: settings.postgres,
    ping=stores.postgres.store.ping,
    store=stores.postgres.store.open_store,
    provision=_migrate,
    domains=stores.postgres.engineering.open_domains,
    facts=stores.postgres.rereading.open_facts,
)

MONGO = Technology(
    server=SERVER,
    variable="MONGO_URL",
    url=lambda settings: settings.mongo,
    ping=stores.mongo.connection.ping,
    store=stores.mongo.store.open_store,
    provision=lambda settings, url, domain: stores.mongo.provision.provision(url, domain),
    domains=stores.mongo.engineering.open_domains,
    facts=stores.mongo.rereading.open_facts,
    take_over=stores.mongo.taking_over.take_over,
)

REDIS = Technology(
    server=stores.redis_authority.errors.SERVER,
    variable="REDIS_BASKETS_URL",
    url=lambda settings: settings.redis_baskets,
    ping=stores.redis_authority.connections.ping,
    store=stores.redis_authority.store.open_store,
    provision=stores.redis_authority.provision.provision,
    domains=stores.redis_authority.engineering.open_domains,
    facts=stores.redis_authority.rereading.open_facts,
    take_over=stores.redis_authority.taking_over.take_over,
)

TECHNOLOGIES: Sequence[Technology] = (POSTGRES, MONGO, REDIS)

STANDS_ON: dict[str, Technology] = {"basket": REDIS, "catalog": MONGO}
"""The domains that do not stand on PostgreSQL."""


def technology(domain: str) -> Technology:
    """That the domain's store stands on."""
    return STANDS_ON.get(domain, POSTGRES)


async def open_store(settings: Settings, domain: str) -> DomainStore:
    """Connects when it is first asked."""
    made = technology(domain)
    store = await made.store(made.url(settings), domain)
    return store if tracing.active is None else watched(store, made.server.lower())


async def provision(settings: Settings, domain: str) -> int:
    """Brings what the domain's store needs up to date. Returns how many steps were missing. Raises BadSetting and Doubt.

    A domain that lies in PostgreSQL and stands on another technology now is moved: first all its rows, then, when they are
    gone from PostgreSQL, agents may open it. Whatever kills it, one of both has all.
    """
    on, moved = technology(domain), 0
    if on.take_over is not None:
        async with leaving(settings.postgres, domain) as rows:
            if rows is not None:
                await on.take_over(on.url(settings), domain, rows)
                await rows.drop()
                moved = 1
    return moved + await on.provision(settings, on.url(settings), domain)


def open_facts(settings: Settings, domain: str) -> AbstractAsyncContextManager[Facts]:
    """Raises Unavailable when it is entered."""
    made = technology(domain)
    return made.facts(made.url(settings), domain)


@asynccontextmanager
async def open_domains(settings: Settings) -> AsyncGenerator[Domains]:
    """All domains that have a store. Raises Unavailable, before anything is asked, where a server is away."""
    async with AsyncExitStack() as opened:
        yield _AllDomains({each: await opened.enter_async_context(domains_of(settings, each)) for each in TECHNOLOGIES})


def domains_of(settings: Settings, of: Technology) -> AbstractAsyncContextManager[Domains]:
    """Those that stand on one technology. Raises Unavailable when it is entered."""
    return of.domains(of.url(settings), lambda name: technology(name) is of)


class _AllDomains:
    """Those of several technologies as one: see stores.engineering.Domains."""

    def __init__(self, parts: Mapping[Technology, Domains]) -> None:
        self._parts = parts

    @property
    def names(self) -> Sequence[str]:
        return [name for part in self._parts.values() for name in part.names]

    async def parked_keys(self, topic: str | None = None) -> Sequence[ParkedKey]:
        return [row for part in self._parts.values() for row in await part.parked_keys(topic)]

    async def parked(self, domain: str, topic: str, key: str, most: int) -> Sequence[ParkedRow]:
        return await self._of(domain).parked(domain, topic, key, most)

    async def parked_as(self, topic: str, ids: Sequence[str]) -> Sequence[ParkedAs]:
        return [row for part in self._parts.values() for row in await part.parked_as(topic, ids)]

    async def left(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, Left]:
        return await self._of(domain).left(domain, topic, keys)

    async def first(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, First]:
        return await self._of(domain).first(domain, topic, keys)

    async def known(self, domain: str, messages: Sequence[InboxKey]) -> set[InboxKey]:
        return await self._of(domain).known(domain, messages)

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> dict[InboxKey, Entered]:
        return await self._of(domain).entered(domain, messages)

    async def states(self, domain: str, ids: Sequence[str]) -> dict[str, Stored]:
        return await self._of(domain).states(domain, ids)

    async def floors(self, topic: str | None = None) -> Sequence[Floor]:
        return [row for part in self._parts.values() for row in await part.floors(topic)]

    async def set_aside(self, domain: str, events: Collection[tuple[str, str]]) -> Sequence[SetAside]:
        return await self._of(domain).set_aside(domain, events)

    async def outbox(self, domain: str, led_to: Mapping[Source, Collection[int]], most: int) -> Sequence[Written]:
        return await self._of(domain).outbox(domain, led_to, most)

    async def timers(self, domain: str, keys: Collection[str]) -> Sequence[SetTimer]:
        return await self._of(domain).timers(domain, keys)

    async def forget_effect(self, domain: str, group: str, event_id: str) -> None:
        await self._of(domain).forget_effect(domain, group, event_id)

    async def begin_again(self, topic: str, beginnings: Mapping[int, int]) -> None:
        for part in self._parts.values():
            await part.begin_again(topic, beginnings)

    def _of(self, domain: str) -> Domains:
        return self._parts[technology(domain)]
