"""`./lezzet topics reread NAME --group GROUP`: a domain's copies of facts are made anew from the topic (agents/reread.py)."""

import argparse

from agents.domains import DOMAINS
from replay.failure import BadArgument, no_such
from replay.shadow import domains
from replay.tools import Tools
from replay.topics.agents_process import ended

_SHAPES = ("decide", "project", "effect")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    domain, _, shape = said.group.partition(".")
    if domain not in DOMAINS or shape not in _SHAPES:
        copying = [
            f"{each.name}.project"
            for each in domains.every(tools.settings)
            if any(table.topic.name == said.topic for table in each.decider.fact_tables)
        ]
        raise BadArgument(no_such("group", said.group, copying, f"nobody makes copies of {said.topic}"))
    return await ended("agents.reread", said.topic, "--group", said.group, yes=said.yes, json=said.json)
