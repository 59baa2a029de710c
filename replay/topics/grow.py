"""`./lezzet topics grow NAME --partitions N`: a topic gets more partitions, while neither agents nor edges run.

Which groups read it and what they keep of it belongs to the domains, so a process of the agents does it (agents/grow.py).
"""

import argparse

from replay.tools import Tools
from replay.topics.agents_process import ended


async def run(tools: Tools, said: argparse.Namespace) -> int:
    return await ended("agents.grow", said.topic, "--partitions", str(said.partitions), yes=said.yes, json=said.json)
