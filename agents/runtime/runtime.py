"""What a domain's agent.py calls: it names the domain's topics and pure functions; the runtime runs them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from agents.runtime.beside import Beside
from agents.runtime.deciding.ahead import Ahead, Beforehand
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.deciding.preparing import Preparation
from agents.runtime.reading.copying import Copying
from agents.runtime.reading.effecting import Effecting
from agents.runtime.reading.indexing import Indexing, Sink
from agents.runtime.reading.performing import Perform
from agents.runtime.reading.showing import Showing
from agents.runtime.reading.taking_in import Intake
from agents.runtime.reading.tending import Tending
from agents.runtime.reading.turns import Turns
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.entering import Entrance
from agents.runtime.sending.publisher import Publisher
from agents.runtime.sweeping import AT_ONCE, KEPT, Sweep
from agents.runtime.transport.group import Group
from agents.runtime.transport.work import Work
from stores.kafka.growth import Counts
from stores.kafka.replay import open_replay
from stores.protocol import DomainStore, is_awaited
from stores.redis.connection import connect
from stores.redis.fates import Fates
from stores.redis.generations import ViewGenerations
from stores.redis.projection import ProjectionStore
from stores.redis.replies import Replies
from stores.settings import Settings
from topics.deciding.decision import Decider, React, Translate
from topics.deciding.projection import FactTable, Index, View
from topics.messages.message import Message
from topics.messages.topic import Topic

# At most, to the Redis of the views. All partitions of all groups open at the same time when a process starts.
_CONNECTIONS = 128


@dataclass(frozen=True, slots=True)
class Resources:
    """Settings and clients, made by the composition root and shared by all domains of the process. counts: of the partitions,
    known when Kafka is there. turns: of what is copied and shown."""

    settings: Settings
    publisher: Publisher
    replies: Replies
    fates: Fates
    views: ProjectionStore
    generations: ViewGenerations
    counts: Counts
    turns: Turns

    @classmethod
    def of(cls, settings: Settings, counts: Counts | None = None) -> "Resources":
        """On the servers of the settings; nothing is opened yet."""
        redis, publisher = connect(settings.redis, connections=_CONNECTIONS), Publisher(settings.kafka)
        views, generations = ProjectionStore(redis), ViewGenerations(redis, settings.view_back_seconds)
        return cls(settings, publisher, Replies(redis), Fates(redis), views, generations, counts or Counts(), Turns())


class Runtime:
    """One domain in this process. Each shape of its work (prepare, decide, project, effect, index) is a group
    `<domain>.<shape>`.

    tended: of the groups that were made, what agents.runtime.tending looks after. sweeps: what agents.runtime.sweeping does.
    besides: what runs beside the groups.
    """

    def __init__(self, domain: str, store: DomainStore, resources: Resources) -> None:
        self.domain = domain
        self.settings = resources.settings
        self.store = store
        self._resources = resources
        self._drain = Drain(store, resources.publisher, resources.replies, resources.counts)
        self._works: dict[str, dict[str, Work]] = {}
        self._projections: list[View[Any, Any] | FactTable[Any, Any]] = []
        self.generations = resources.generations
        self.tended: list[Tending] = []
        self.sweeps: list[Sweep] = [Sweep(domain, partial(store.sweep, KEPT, AT_ONCE))]
        self.besides: list[Beside] = []

    def decide(
        self,
        commands: Topic,
        decider: Decider[Any, Any, Any, Any],
        *,
        emits: Topic,
        react: React[Any, Any] | None = None,
        prepare: Preparation | None = None,
        ahead: tuple[Topic, Beforehand] | None = None,
    ) -> None:
        """Decides the commands of this domain, which are the only way to change its aggregates.

        emits: the topic of its events. react: its policy. prepare: slow work before a decision. ahead: a topic of commands that
        go on to `commands` after their slow work, for which no others wait.
        """
        roles, fates = Roles(commands, emits, decider, react), self._resources.fates
        self._add("decide", commands, Deciding(roles, self.store, self._drain, fates, prepare))
        if ahead is not None:
            topic, beforehand = ahead
            self._add("prepare", topic, Ahead(topic, commands, decider, self.store, self._drain, fates, beforehand))

    def intake(self, topic: Topic, translate: Translate) -> None:
        """Turns messages of another domain or system into own commands."""
        self._add("decide", topic, Intake(topic, self.domain, translate, self.store, self._drain))

    def project(self, projection: View[Any, Any] | FactTable[Any, Any]) -> None:
        """Keeps a view in Redis, or a copy of another domain's facts in the own store, up to date with a topic's events."""
        self._projections.append(projection)

    def effect(
        self, events: Topic, of: type[Message] | tuple[type[Message], ...], perform: Perform, *, concurrency: int = 8
    ) -> None:
        """Does something outside for each event of the types `of`. concurrency: effects of a partition at once, at most."""
        work = Effecting(events, self.domain, of, perform, self.store, self._drain, concurrency)
        self._add("effect", events, work)

    def index(self, index: Index[Any, Any], sink: Sink) -> None:
        """Makes documents for searches of a topic's events. Nobody waits for them: where the server is away, the process is
        ready all the same."""
        self._add("index", index.known.topic, Indexing(index, sink, self.store, self._drain))

    def sweep(self, round: Callable[[], Awaitable[bool]]) -> None:
        """Removes, now and then, what nobody needs any more. round: a little of it; says whether there may be more."""
        self.sweeps.append(Sweep(self.domain, round))

    def beside(self, beside: Beside) -> None:
        """Runs in each process of this domain, as long as the process does."""
        self.besides.append(beside)

    @property
    def publisher(self) -> Publisher:
        """Of the process."""
        return self._resources.publisher

    def entrance(self) -> Entrance:
        """For commands that something outside Kafka has led to."""
        return Entrance(self.domain, self._resources.publisher, self.settings.redis)

    def works(self) -> Mapping[str, Mapping[str, Work]]:
        """Consumer group → topic → what it does with it; a group for each shape that was registered."""
        works: dict[str, Mapping[str, Work]] = {**self._works}
        if self._projections:
            works["project"] = self._projecting()
        return {f"{self.domain}.{shape}": of for shape, of in works.items()}

    def groups(self) -> Sequence[Group]:
        """Not started yet."""
        return [Group(name, self.settings.kafka, of, awaited=is_awaited(name)) for name, of in self.works().items()]

    def _projecting(self) -> Mapping[str, Work]:
        found: dict[str, Work] = {}
        for name, topic in {p.topic.name: p.topic for p in self._projections}.items():
            views = [p for p in self._projections if isinstance(p, View) and p.topic.name == name]
            tables = [p for p in self._projections if isinstance(p, FactTable) and p.topic.name == name]
            if views and tables:
                raise ValueError(f"{self.domain}: {name} into views and into facts: two stores cannot share a floor")
            found[name] = self._showing(topic, views) if views else self._copying(topic, tables)
        return found

    def _copying(self, topic: Topic, tables: Sequence[FactTable[Any, Any]]) -> Copying:
        return Copying(topic, tables, self.store, self._drain, turns=self._resources.turns)

    def _showing(self, topic: Topic, views: Sequence[View[Any, Any]]) -> Showing:
        found = self._resources
        replays = partial(open_replay, found.settings.kafka)
        group = f"{self.domain}.project"
        made = Showing(
            group, topic, views, found.views, found.generations, found.publisher, replays, counts=found.counts,
            turns=found.turns,
        )  # fmt: skip
        self.tended.append(made.tending)
        return made

    def _add(self, shape: str, topic: Topic, work: Work) -> None:
        works = self._works.setdefault(shape, {})
        if topic.name in works:
            raise ValueError(f"{self.domain}: {topic.name} is registered twice for {shape}")
        works[topic.name] = work
