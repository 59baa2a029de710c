"""Aggregates of several domains together, without a runtime: their deciders and policies, and a queue for each aggregate.

The runtime promises that the messages to one aggregate are decided one after the other, in the order in which one sender sent
them, and once each. Between aggregates any order is possible; the test chooses it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.agents.scenario import NOW, declared
from topics.deciding.decision import Context, Decider, Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic

Choose = Callable[[int], int]
"""Of so many queues with messages, the place of the one that goes on."""


@dataclass(frozen=True)
class Domain:
    """facts: all that it knows. claims: who owns what. followers: intakes of other domains that hear of its events."""

    decider: Decider[Any, Any, Any, Any]
    react: Callable[[Any, EventMeta, Any], Iterable[Send]]
    facts: Any
    claims: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    followers: tuple[Callable[[Any, Origin], Iterable[Send]], ...] = ()


class Together:
    """happened: all events. states: by topic and aggregate."""

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        """By the topic of their commands. What is sent to another topic is heard by nobody."""
        self.happened: list[Message] = []
        self.states: dict[tuple[str, str], Any] = {}
        self._domains = domains
        self._queues: dict[tuple[str, str], deque[tuple[Message, str | None]]] = {}
        self._decided = 0

    def send(self, topic: Topic, key: str, command: Message, caller: str | None = None) -> None:
        if topic.name in self._domains:
            self._queues.setdefault((topic.name, key), deque()).append((command, caller))

    def run(self, choose: Choose) -> None:
        """Until nothing is under way."""
        while self.step(choose):
            pass

    def step(self, choose: Choose) -> bool:
        """Decides one message. False: nothing is under way."""
        if not self._queues:
            return False
        places = list(self._queues)
        place = places[choose(len(places))]
        command, caller = self._queues[place].popleft()
        if not self._queues[place]:
            del self._queues[place]
        self._decide(place, command, caller)
        return True

    def of(self, topic: Topic) -> dict[str, Any]:
        """The states of a domain's aggregates, by their id."""
        return {key: state for (name, key), state in self.states.items() if name == topic.name}

    def _decide(self, place: tuple[str, str], command: Message, caller: str | None) -> None:
        self._decided += 1
        id, key, domain = f"c{self._decided}", place[1], self._domains[place[0]]
        decider, state = domain.decider, self.states.get(place) or domain.decider.state()
        facts = declared(decider, command, state, domain.facts)
        decision = decider.decide(command, state, facts, Context(id, key, NOW, caller=caller, claims=domain.claims))
        for number, event in enumerate(decision.events):
            state = decider.evolve(state, event)
            self.happened.append(event)
            sends = [*domain.react(event, EventMeta(f"{id}.{number}", key, 1, NOW), state)]
            for follow in domain.followers:
                sends += follow(event, Origin(f"{id}.{number}", place[0], NOW, aggregate_id=key))
            for each in sends:
                self.send(each.topic, each.key, each.message)
        self.states[place] = state
