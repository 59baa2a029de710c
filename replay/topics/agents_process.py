"""What belongs to the domains is done by a process of the agents, which gets the addresses of this one."""

import asyncio
import sys

from replay.failure import no_such_topic
from topics.contracts import all_topics


async def ended(module: str, topic: str, *arguments: str, yes: bool, json: bool) -> int:
    """Its exit code. yes: it is to do it, not only to tell. json: it prints one JSON document. Raises BadArgument for a topic
    without a contract."""
    if topic not in all_topics():
        raise no_such_topic(topic, all_topics())
    argv = (sys.executable, "-m", module, topic, *arguments, *(["--yes"] if yes else []), *(["--json"] if json else []))
    process = await asyncio.create_subprocess_exec(*argv)
    return await process.wait()
