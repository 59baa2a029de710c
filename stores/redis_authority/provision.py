"""A domain's store on Redis before agents open it: new, moved here, or lost. Only the first two are marked as whole."""

from stores.errors import Lost
from stores.kafka.log import open_log
from stores.redis_authority.making import open_making
from stores.settings import Settings
from stores.telemetry import logger

_log = logger("stores.redis_authority.provision")


async def provision(settings: Settings, url: str, domain: str) -> int:
    """Returns how many steps were missing. Where the store was lost it says so, and leaves it to whoever reads that."""
    async with open_making(url, domain) as making:
        if await making.is_whole():
            return 0
        if await making.is_complete():
            await making.finish({}, "moved")
            return 1
        if await _has_a_past(settings, domain):
            _log.error("store_lost", domain=domain, why=str(Lost(domain)))
            return 0
        await making.finish({}, "new")
        return 1


async def _has_a_past(settings: Settings, domain: str) -> bool:
    """Whether a command was ever sent to the domain."""
    async with open_log(settings.kafka) as log:
        places = log.places([f"{domain}_commands", f"{domain}_events"])
        return any(bound.end > 0 for bound in (await log.bounds(places)).values())
