"""Restaurants, a menu and coupons, known to all who need their facts before the load begins."""

import asyncio
import time
from collections.abc import Sequence

from infra.audit.books import open_books
from infra.fault.people.city import City
from infra.fault.plans import load
from infra.fault.plans.plan import Town
from infra.fault.plans.planned import Planned
from infra.layout.site import Endpoints

KNOWN_WITHIN = 180.0  # seconds


async def seed_town(endpoints: Endpoints, town: Town) -> list[Planned]:
    """What was sent. Raises TimeoutError where the facts do not get there."""
    return await _seed(endpoints, town.openings(), town.menu(), town.coupons())


async def seed_city(endpoints: Endpoints, city: City) -> None:
    """Mails reach everybody, too. Raises as seed_town."""
    await load.send(endpoints.kafka, city.people())
    await _seed(endpoints, city.openings(), city.menus(), city.coupons())


async def _seed(
    endpoints: Endpoints, openings: Sequence[Planned], menu: Sequence[Planned], coupons: Sequence[Planned]
) -> list[Planned]:
    await load.send(endpoints.kafka, openings)
    await known(endpoints, ("catalog", "order", "user"), "restaurants", openings)
    await load.send(endpoints.kafka, menu)
    await known(endpoints, ("basket", "order"), "meals", menu)
    await load.send(endpoints.kafka, coupons)
    await known(endpoints, ("basket", "order"), "coupons", coupons)
    return [*openings, *menu, *coupons]


async def known(endpoints: Endpoints, domains: Sequence[str], table: str, planned: Sequence[Planned]) -> None:
    """Returns when these domains have the facts of what was planned. Raises TimeoutError."""
    deadline, wanted = time.monotonic() + KNOWN_WITHIN, {each.key for each in planned}
    async with open_books(endpoints) as books:
        for domain in domains:
            while not wanted <= (await books.of(domain).facts(domain, table)).keys():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{domain} does not know all {table} after {KNOWN_WITHIN:.0f} s")
                await asyncio.sleep(0.1)
