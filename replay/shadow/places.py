"""Which partitions are read for which keys, and in which order: a key may stand in another partition after each raise of its
topic, and its events are in order only where those before the raise come first."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

from replay.log.scan import Log
from replay.shares import WHOLE, Share
from stores.kafka.growth import Growth
from stores.kafka.log import Place
from topics.messages.topic import Topic


class Placed(Protocol):
    """A record, or what was made of one."""

    @property
    def place(self) -> Place: ...
    @property
    def offset(self) -> int: ...


One = TypeVar("One", bound=Placed)


def of_root(log: Log, topic: Topic, growth: Growth, root: int) -> list[Place]:
    """Of the keys that were in the partition `root` at the beginning, the oldest first."""
    there = log.topics.get(topic.name, 0)
    partitions = dict.fromkeys(partition for partition, _ in growth.stretches(root))
    return [Place(topic.name, partition) for partition in partitions if partition < there]


def in_turn(log: Log, topic: Topic, growth: Growth, share: Share = WHOLE) -> list[list[Place]]:
    """All of a topic: those of one list may be read together, and the lists one after the other. share: of the keys, by the
    partition in which they were at the beginning."""
    there, roots = range(log.topics.get(topic.name, 0)), set(share.among(range(growth.first)))
    edges = [0, *(len(ends) for ends in growth.ends), len(there)]
    return [
        [Place(topic.name, partition) for partition in there[begin:end] if partition % growth.first in roots]
        for begin, end in pairwise(edges)
    ]


def in_order(records: Iterable[One], places: Sequence[Place]) -> list[One]:
    """Records of these places, those of each key in their order. records: those of each place in their order. places: as
    `of_root` gives them."""
    if len(places) == 1:
        return list(records)
    order = {place: number for number, place in enumerate(places)}
    return sorted(records, key=lambda each: (order[each.place], each.offset))
