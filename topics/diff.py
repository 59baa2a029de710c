"""`python -m topics.diff [REF]`: what changed in the topics' schemas since a commit, main by default, and whom it would break.

For reviews: the build prints it. What breaks a promise is refused by `python -m topics.generate` and its test; where it is
meant, this still names the readers.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from topics.contracts import all_topics
from topics.messages.topic import Topic
from topics.recording.compatibility import breaks
from topics.recording.readers import named
from topics.recording.schemas import RECORDED, topic_schema

Schemas = Mapping[str, Mapping[str, Any]]

_ROOT = RECORDED.parents[1]


def schemas_at(ref: str, root: Path = _ROOT) -> Schemas:
    """Topic → schema as it was recorded in a commit. Raises ValueError where git does not know it."""
    folder = "topics/schemas/"
    listed = _git(root, "ls-tree", "--name-only", ref, folder).decode().split()
    return {Path(path).stem: msgspec.json.decode(_git(root, "show", f"{ref}:{path}")) for path in listed}


def _git(root: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise ValueError(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    return done.stdout


def changes(before: Schemas, topics: Mapping[str, Topic]) -> list[str]:
    """A line for each change: BREAKS with the readers, or `new`."""
    found = [f"new     {name}: the topic" for name in topics if name not in before]
    found += [
        f"BREAKS  {name}: the topic is gone; it was read by {_who(before[name])}"
        for name in before
        if name not in topics
    ]
    for name, topic in topics.items():
        if name not in before:
            continue
        now = topic_schema(topic)
        found += [f"BREAKS  {name}: {named(topic, why)}" for why in breaks(before[name], now)]
        found += [f"new     {name}: {each}" for each in now["messages"] if each not in before[name]["messages"]]
        found += [f"new     {name}: {each}" for each in _new_fields(before[name]["$defs"], now["$defs"])]
    return sorted(found)


def _who(schema: Mapping[str, Any]) -> str:
    return ", ".join(schema.get("consumers", ())) or "nobody of ours"


def _new_fields(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [
        f"{kind}.{name}"
        for kind, schema in now.items()
        for name in schema.get("properties", {})
        if kind in before and name not in before[kind].get("properties", {})
    ]


def main(arguments: list[str]) -> int:
    """0: nothing breaks. 1: something does. 2: there is no such commit."""
    try:
        before = schemas_at(arguments[0] if arguments else "main")
    except ValueError as error:
        sys.stderr.write(f"topics.diff: {error}\n")
        return 2
    found = changes(before, all_topics())
    sys.stdout.write("".join(f"{line}\n" for line in found) or "no schema has changed\n")
    return int(any(line.startswith("BREAKS") for line in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
