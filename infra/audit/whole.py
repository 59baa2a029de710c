"""All checks in one reading of the log."""

from collections.abc import Mapping, Sequence

from agents.domains import DOMAINS
from infra.audit.books import Books, open_books
from infra.audit.check import Check, Ground, Versions
from infra.audit.coupons import CouponsCheck
from infra.audit.deliveries import DeliveriesCheck
from infra.audit.distinct import Distinct
from infra.audit.findings import Findings
from infra.audit.leftovers import LeftoversCheck
from infra.audit.mails import MailsCheck
from infra.audit.money import MoneyCheck
from infra.audit.orders import OrdersCheck
from infra.audit.servers import Servers
from infra.audit.tickets import TicketsCheck
from infra.audit.topic_log import events
from infra.audit.versions import VersionsCheck


def checks() -> list[Check]:
    """New ones, which have seen nothing."""
    return [
        OrdersCheck(),
        MoneyCheck(),
        CouponsCheck(),
        TicketsCheck(),
        DeliveriesCheck(),
        MailsCheck(),
        VersionsCheck(),
        LeftoversCheck(),
    ]


async def audit(servers: Servers, findings: Findings) -> None:
    """Of a system to which nobody sends anything. Orders may be under way."""
    for found in (await look(servers, checks(), at_rest=False)).values():
        findings.take(found)


async def look(servers: Servers, by: Sequence[Check], *, at_rest: bool) -> Mapping[str, Findings]:
    """What each check finds, by its name."""
    async with open_books(servers) as books:
        before = await _versions(books)
        await _show(servers, by)
        ground = Ground(books, before, await _versions(books), at_rest)
        found = {check.name: Findings() for check in by}
        for check in by:
            await check.judge(ground, found[check.name])
    return found


async def _versions(books: Books) -> Versions:
    return {domain: await books.of(domain).versions(domain) for domain in DOMAINS}


async def _show(servers: Servers, by: Sequence[Check]) -> None:
    for domain in DOMAINS:
        seen_by, distinct = [check for check in by if domain in check.domains], Distinct()
        if seen_by:
            async for event in events(servers.brokers, domain):
                again = not distinct.is_new(event)
                for check in seen_by:
                    check.see(event, again=again)
