"""The contracts: one module a topic, named like the topic; its schema and its examples bear the same name.

A module declares the types of its messages and `TOPIC`. `all_topics()` is the list of them all.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from topics.messages.topic import Topic
from topics.messages.upcasting import holes


def all_topics() -> Mapping[str, Topic]:
    """Every topic of the modules in this package, by name."""
    found: dict[str, Topic] = {}
    for module in pkgutil.iter_modules(__path__):
        topic = getattr(importlib.import_module(f"{__name__}.{module.name}"), "TOPIC", None)
        if isinstance(topic, Topic):
            found[topic.name] = topic
    return MappingProxyType(dict(sorted(found.items())))


def unread_forms() -> list[str]:
    """Older forms of messages that this code cannot read, a line each: steps that are missing. No program may start then."""
    return [hole for topic in all_topics().values() for hole in holes(topic.name, topic.messages, topic.upcasts)]
