"""Who would break: the domains that read a message type, as their code says it."""

import re
from functools import cache
from pathlib import Path

from topics.messages.topic import Topic

AGENTS = Path(__file__).parents[2] / "agents"


@cache
def _code_of(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder.rglob("*.py")))


def readers(topic: Topic, type_name: str, agents: Path = AGENTS) -> list[str]:
    """Consumers of the topic whose code names the type, and those that have no code here. Where none names it, all of them:
    they read it as one of several.

    type_name: empty for a change that concerns every message of the topic.
    """
    wanted = re.compile(rf"\b{re.escape(type_name)}\b" if type_name else "")
    folders = {name: agents / name for name in topic.consumers}
    found = [name for name, folder in folders.items() if not folder.is_dir() or wanted.search(_code_of(folder))]
    return found or list(topic.consumers)


def named(topic: Topic, why: str, agents: Path = AGENTS) -> str:
    """A line of compatibility.breaks(), with those who read what it is about."""
    type_name = re.split(r"[.:\[{ ]", why, maxsplit=1)[0]
    who = readers(topic, type_name if type_name[:1].isupper() else "", agents)
    return f"{why}; read by {', '.join(who)}" if who else f"{why}; read by nobody of ours"
