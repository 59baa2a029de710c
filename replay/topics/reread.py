"""`./lezzet topics reread NAME --group GROUP`: a domain's copies of facts are made anew from the topic (agents/reread.py)."""

import argparse

from replay.tools import Tools
from replay.topics.agents_process import ended


async def run(tools: Tools, said: argparse.Namespace) -> int:
    return await ended("agents.reread", said.topic, "--group", said.group, yes=said.yes)
