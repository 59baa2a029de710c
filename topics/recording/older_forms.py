"""Recorded examples of the older forms of message types: `topics/examples/<topic>/<Type>.v<version>.json`.

They stand for what is on the topic for ever, and every one must still be read.
"""

from pathlib import Path

from topics.messages.message import Undecodable
from topics.messages.topic import Topic

EXAMPLES = Path(__file__).parents[1] / "examples"


def version_of(topic: Topic, example: Path) -> str:
    """Of a recorded example, as the header would say it: `1` of `AddItem.v1.json`, the newest of `AddItem.least.json`."""
    name, said, *_ = example.name.split(".")
    if said.startswith("v") and said[1:].isdecimal():
        return said[1:]
    return str(next(kind.schema_version for kind in topic.messages if kind.__name__ == name))


def unread(topic: Topic, folder: Path = EXAMPLES) -> list[str]:
    """A line for each older form of a type of the topic that is not recorded, or that this code cannot read."""
    found: list[str] = []
    for kind in topic.messages:
        for version in range(1, kind.schema_version):
            path = folder / topic.name / f"{kind.__name__}.v{version}.json"
            if not path.exists():
                found.append(
                    f"{topic.name}: no example of version {version} of {kind.__name__}: {path.name} is missing"
                )
                continue
            try:
                topic.decode(kind.__name__, path.read_bytes(), str(version))
            except Undecodable as error:
                found.append(f"{topic.name}: {path.name} cannot be read: {error}")
    return found
