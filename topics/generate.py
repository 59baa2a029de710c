"""`python -m topics.generate` records the JSON Schemas of all topics and writes the AsyncAPI document, and a page of it.

It refuses a change that breaks a reader or a publisher, and a message type whose older forms cannot be read or are not
recorded, and exits 1. Where such a change is meant, delete the recorded
schema first, so that a review sees it go.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from topics.contracts import all_topics
from topics.messages.topic import Topic
from topics.messages.upcasting import holes
from topics.recording import asyncapi, page
from topics.recording.compatibility import breaks
from topics.recording.older_forms import EXAMPLES, unread
from topics.recording.readers import named
from topics.recording.schemas import RECORDED, as_file, recorded, topic_schema


def refusals(topics: Mapping[str, Topic], folder: Path = RECORDED, examples: Path = EXAMPLES) -> list[str]:
    """What the types as they are now break of what was recorded, and older forms that are not read, one line each."""
    found: list[str] = []
    for topic in topics.values():
        found.extend(holes(topic.name, topic.messages, topic.upcasts) or unread(topic, examples))
    for name, topic in topics.items():
        before = recorded(topic, folder)
        if before is not None:
            found.extend(f"{name}: {named(topic, why)}" for why in breaks(before, topic_schema(topic)))
    for path in folder.glob("*.json"):
        if path.stem not in topics:
            found.append(f"{path.stem}: the topic is gone")
    return sorted(found)


def outputs(topics: Mapping[str, Topic]) -> Mapping[Path, bytes]:
    """Every generated file and what should be in it."""
    schemas = {RECORDED / f"{name}.json": as_file(topic_schema(topic)) for name, topic in topics.items()}
    document = asyncapi.document(topics)
    return {**schemas, asyncapi.PATH: as_file(document), page.PATH: page.page(document, topics)}


def main() -> int:
    topics = all_topics()
    refused = refusals(topics)
    if refused:
        sys.stderr.write("\n".join(("this breaks what was promised:", *refused)) + "\n")
        return 1
    for path, content in outputs(topics).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
