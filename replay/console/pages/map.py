"""`/map`: who writes and who reads each topic, drawn from the contracts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown, hue
from topics.contracts import all_topics
from topics.messages.topic import Topic

WIDTH = 1000
LEFT, MIDDLE, RIGHT = 150, 400, 850
_BOX = 250  # width of a topic
_STEP = 26  # between two rows
_TOP = 30


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """way: of an SVG path. hue: of the topic."""

    way: str
    hue: str


async def show(_desk: Desk, request: web.Request) -> Shown:
    """`?domain=order`: only what that one writes or reads."""
    contracts = list(all_topics().values())
    domains = sorted({who for each in contracts for who in (*each.producers, *each.consumers)})
    chosen = request.query.get("domain")
    chosen = chosen if chosen in domains else None
    found = [each for each in contracts if chosen in (None, *each.producers, *each.consumers)]
    writers = _column(_ordered({who for each in found for who in each.producers}), len(found))
    readers = _column(_ordered({who for each in found for who in each.consumers}), len(found))
    topics = [Node(each.name, _TOP + _STEP * (number + 0.5)) for number, each in enumerate(found)]
    values = {
        "width": WIDTH, "height": _TOP + _STEP * max(len(found), len(writers), len(readers)) + 10,
        "left": LEFT, "middle": MIDDLE, "right": RIGHT, "box": _BOX, "domains": domains, "chosen": chosen,
        "writers": writers, "readers": readers, "topics": topics,
        "lines": [*_lines(found, topics, writers, read=False), *_lines(found, topics, readers, read=True)],
    }  # fmt: skip
    return Shown("map.html", "Map", values, ("topics",))


def _ordered(names: Collection[str]) -> list[str]:
    """What is no domain comes last."""
    return sorted(names, key=lambda name: (name in ("edge", "other systems"), name))


def _column(names: Sequence[str], rows: int) -> list[Node]:
    """Spread over the height of so many rows."""
    step = _STEP * max(1.0, rows / len(names)) if names else _STEP
    return [Node(name, _TOP + step * (number + 0.5)) for number, name in enumerate(names)]


def _lines(found: Sequence[Topic], topics: Sequence[Node], nodes: Sequence[Node], *, read: bool) -> list[Line]:
    at = {node.name: node.y for node in nodes}
    begin, end = (MIDDLE + _BOX, RIGHT) if read else (LEFT, MIDDLE)
    bend = (begin + end) / 2
    lines: list[Line] = []
    for contract, node in zip(found, topics, strict=True):
        for who in contract.consumers if read else contract.producers:
            y, to = (node.y, at[who]) if read else (at[who], node.y)
            lines.append(Line(f"M{begin} {y:.1f}C{bend} {y:.1f} {bend} {to:.1f} {end} {to:.1f}", hue(contract.name)))
    return lines
