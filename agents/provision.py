"""`python -m agents.provision`: makes the topics, brings the stores' schemas up to date, and removes views of another form,
which the agents then build again. Safe to run again."""

import asyncio
import importlib.util
import sys
from typing import Any

from agents.domains import DOMAINS, exit_without_upcasters
from agents.waiting import servers_are_up
from stores import telemetry
from stores.kafka.admin import make_topics
from stores.postgres.migrate import migrate
from stores.redis.connection import connect
from stores.redis.shapes import ViewShapes
from stores.settings import Settings, load_or_exit
from topics.contracts import all_topics
from topics.deciding.projection import View


async def provision(settings: Settings) -> None:
    """Raises what the servers say."""
    await servers_are_up(settings)
    made = await make_topics(settings.kafka, all_topics().values())
    applied = [await asyncio.to_thread(migrate, settings.postgres, domain) for domain in DOMAINS]
    redis = connect(settings.redis)
    removed = await ViewShapes(redis).settle({view.name: view.form for view in views()})
    await redis.aclose()
    sys.stdout.write(
        f"topics made: {len(made)}, migrations applied: {sum(applied)}, keys of views of another form removed: {removed}\n"
    )


def views() -> list[View[Any, Any]]:
    """Of all domains."""
    names = [f"agents.{domain}.projection" for domain in DOMAINS]
    modules = [importlib.import_module(name) for name in names if importlib.util.find_spec(name) is not None]
    return [each for module in modules for each in vars(module).values() if isinstance(each, View)]


if __name__ == "__main__":
    exit_without_upcasters()
    found = load_or_exit()
    telemetry.configure("provision", found.log_level)
    asyncio.run(provision(found))
