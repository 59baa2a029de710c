"""The provider has taken and paid back what the ledger says, order by order, and holds nothing any more."""

import base64
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from infra.audit.findings import Findings
from infra.audit.money import AT_DOOR, BACK, BY_CARD, MoneyCheck
from stores.keyring import agent_keys

_OVER = ("declined", "captured", "voided")


async def audit(provider: str, keys: Path, money: MoneyCheck, findings: Findings) -> None:
    """provider: its URL. money: has seen all events."""
    told = await _told(provider, keys)
    for kind, field in ((BY_CARD, "captured"), (BACK, "refunded")):
        provided = Counter({each["reference"]: each[field] for each in told})
        ours = {order: amount for order, amount in money.sums[kind].items() if not money.sums[AT_DOOR][order]}
        findings.breaks(
            f"{field} at the provider is not what the ledger says",
            (f"{order}: {provided[order]}, not {ours.get(order, 0)}"
             for order in provided.keys() | ours.keys() if provided[order] != ours.get(order, 0)),
        )  # fmt: skip
    open_still = (f"{each['reference']}: {each['status']}" for each in told if each["status"] not in _OVER)
    findings.breaks("neither taken nor given free", open_still)
    findings.measured(payments_at_provider=dict(sorted(Counter(each["status"] for each in told).items())))


async def _told(provider: str, keys: Path) -> list[dict[str, Any]]:
    """All reports."""
    key = base64.urlsafe_b64encode(agent_keys(keys).provider).decode()
    found, after = list[dict[str, Any]](), ""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        while True:
            async with session.get(f"{provider}/payments", params={"after": after}) as answer:
                answer.raise_for_status()
                page = (await answer.json())["payments"]
            if not page:
                return found
            found += page
            after = page[-1]["reference"]
