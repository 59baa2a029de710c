"""`./lezzet topics reread NAME --group GROUP`: a domain's copies of facts are made anew from the topic.

What makes them belongs to the domain, so a process of the agents does it (agents/reread.py).
"""

import argparse
import asyncio
import sys

from replay.failure import no_such_topic
from replay.tools import Tools
from topics.contracts import all_topics


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if said.topic not in all_topics():
        raise no_such_topic(said.topic, all_topics())
    argv = (sys.executable, "-m", "agents.reread", said.topic, "--group", said.group, *(["--yes"] if said.yes else []))
    process = await asyncio.create_subprocess_exec(*argv)
    return await process.wait()
