"""How bodies of older forms of a message type are read: one pure function a step, each from one version to the next.

A message type has a version (`Message.schema_version`), which its messages carry in the header `ce_schemaversion`; without the
header it is 1. Where a body is older than the type, the steps from its version on make it a body of today.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from topics.messages.message import Message, Undecodable

Body = dict[str, Any]
"""A JSON object."""

Step = Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class Upcast:
    """A step: makes a body of version `of` + 1 of a body of version `of`. Pure, and it knows nothing of later versions."""

    kind: type[Message]
    of: int
    step: Step


def chains(upcasts: Iterable[Upcast]) -> Mapping[str, Mapping[int, Step]]:
    """Name of the message type → version → the step that begins there."""
    found: dict[str, dict[int, Step]] = {}
    for each in upcasts:
        found.setdefault(each.kind.__name__, {})[each.of] = each.step
    return found


def holes(topic: str, messages: Iterable[type[Message]], upcasts: Iterable[Upcast]) -> list[str]:
    """What is wrong with the steps of a topic, a line each: each version of each type but the newest has exactly one."""
    wanted = {(kind.__name__, of) for kind in messages for of in range(1, kind.schema_version)}
    there = [(each.kind.__name__, each.of) for each in upcasts]
    missing = [f"{topic}: {kind} has no step from version {of} to {of + 1}" for kind, of in sorted(wanted - set(there))]
    twice = [
        f"{topic}: {kind} has two steps from version {of}"
        for kind, of in sorted(set(there))
        if there.count((kind, of)) > 1
    ]
    more = [
        f"{topic}: {kind} has a step from version {of}, and no version {of + 1}"
        for kind, of in sorted(set(there) - wanted)
    ]
    return missing + twice + more


def version_of(said: str | None) -> int:
    """The version that a header says; 1 where there is none. Raises Undecodable for what is no version."""
    if said is None:
        return 1
    if not said.isdecimal() or not 0 < int(said) < 10**6:
        raise Undecodable("ce_schemaversion", "is not a version number from 1")
    return int(said)
