"""A server that does not answer, as one line: which one, where it was looked for, and the command that helps."""

from replay.supervised import NotSupervised, state_of
from replay.tools import address
from stores.errors import Unavailable
from stores.settings import Settings
from stores.technologies import TECHNOLOGIES

_PROCESSES = {"elasticsearch": "elastic", "mongodb": "mongo", "postgresql": "postgres",
              "redis of the baskets": "redis-baskets"}  # fmt: skip
"""Under which name the supervisor has a server, where that is not its own."""


async def told(error: Unavailable, settings: Settings) -> str:
    """Without credentials."""
    server = error.server.lower()
    variable, where = {
        "kafka": ("KAFKA_BROKERS", str(settings.kafka)),
        "redis": ("REDIS_URL", address(settings.redis)),
        "elasticsearch": ("ELASTICSEARCH_URL", address(settings.elastic)),
        **{store.server.lower(): (store.variable, address(store.url(settings))) for store in TECHNOLOGIES},
    }.get(server, ("", "its address"))
    helps = await _helps(process_of(server), settings)
    return f"no {error.server} at {where} ({variable}): {helps}, look with `./lezzet status` ({error})"


def process_of(server: str) -> str:
    """The name that `./lezzet server` and `./lezzet status` know it by. server: as of Unavailable."""
    return _PROCESSES.get(server.lower(), server.lower())


async def _helps(process: str, settings: Settings) -> str:
    try:
        state = await state_of(settings.supervisor, process)
    except NotSupervised:
        return "start it with `./lezzet up`"
    match state:
        case None:
            return "the stack that is up was started without it"
        case "stopped":
            return f"somebody has stopped it, start it with `./lezzet server start {process}`"
        case _:
            return f"the supervisor says that it is {state}"
