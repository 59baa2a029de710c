"""`python -m agents.provision`: makes the topics and brings the stores' schemas up to date. Safe to run again."""

import asyncio
import sys

from agents.__main__ import DOMAINS
from agents.waiting import servers_are_up
from stores import telemetry
from stores.kafka.admin import make_topics
from stores.postgres.migrate import migrate
from stores.settings import Settings, load_or_exit
from topics.registry import all_topics


async def provision(settings: Settings) -> None:
    """Raises what the servers say."""
    await servers_are_up(settings)
    made = await make_topics(settings.kafka, all_topics().values())
    applied = [await asyncio.to_thread(migrate, settings.postgres, domain) for domain in DOMAINS]
    sys.stdout.write(f"topics made: {len(made)}, migrations applied: {sum(applied)}\n")


if __name__ == "__main__":
    found = load_or_exit()
    telemetry.configure("provision", found.log_level)
    asyncio.run(provision(found))
