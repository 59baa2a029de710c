"""Two releases side by side: every request was answered and took effect once, no release wrote over what only the other one
knows, and in the end every reader has read everything."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from infra.audit.books import open_books
from infra.audit.findings import Findings
from infra.fault.evidence import Evidence, documents
from infra.fault.http_load import Told
from infra.fault.next_release import COUNTED, EVENT
from infra.layout.site import Endpoints
from topics import keys

_EFFECT = {"basket": "LineSet", "address": "AddressReplaced", "order": "OrderPlaced"}
"""Domain → the event that one of its writes leads to, once."""
_COPIES = (
    ("address", "order", "books"),
    ("restaurant", "order", "restaurants"),
    ("restaurant", "basket", "restaurants"),
)
"""(domain, domain that keeps copies of its aggregates, table)."""


def audit_answers(told: Sequence[Told], evidence: Evidence, findings: Findings) -> None:
    findings.breaks("failed requests", (each for each in told if each.status not in (200, 202)))
    effects = Counter(
        (domain, event.correlation) for domain, kind in _EFFECT.items() for event in evidence.distinct(domain)
        if event.type == kind
    )  # fmt: skip
    writes = [each for each in told if each.write and each.status in (200, 202)]
    findings.breaks("lost", (each for each in writes if effects[each.domain, each.correlation] == 0))
    findings.breaks("doubled", (each for each in writes if effects[each.domain, each.correlation] > 1))
    findings.measured(
        requests=len(told),
        answers=dict(sorted(Counter(str(each.status) for each in told).items())),
        slowest_answer_s=round(max(each.seconds for each in told), 2),
    )


def audit_counts(taken: Mapping[str, Sequence[str]], evidence: Evidence, findings: Findings) -> None:
    """The field that only the next release knows has counted on, however often the old one wrote between. taken: by address
    id, the titles that were taken."""
    counts, titles = defaultdict[str, list[int]](list), defaultdict[str, list[str]](list)
    by_old = Counter[str]()
    for event in evidence.distinct("address"):
        body: Any = msgspec.json.decode(event.body)
        if event.type == EVENT:
            counts[event.aggregate].append(body["changes"])
        elif event.type == "AddressReplaced" and body["address"]["title"].startswith(COUNTED):
            titles[body["address"]["id"]].append(body["address"]["title"])
            by_old[event.aggregate] += 1
    for user, counted in counts.items():
        by_old[user] -= len(counted)
        if counted != list(range(1, len(counted) + 1)):
            findings.breaks("written over: the count began again", [f"{user}: {counted}"])
        _, state = evidence.stores["address"].states[user]
        has = msgspec.json.decode(state).get("changes")
        findings.breaks("written over: the state does not have it", [f"{user}: {has}"] if has != len(counted) else [])
    findings.breaks(
        "changes lost or doubled", (f"{id}: {titles[id]} and not {said}" for id, said in taken.items() if titles[id] != said)
    )  # fmt: skip
    findings.breaks("one release decided everything", ["the next one"] if not by_old.total() else [])
    findings.breaks("one release decided everything", ["the old one"] if not counts else [])
    findings.measured(decided_by_next=sum(map(len, counts.values())), decided_by_old=by_old.total())


async def audit_readers(endpoints: Endpoints, evidence: Evidence, findings: Findings) -> None:
    """Views and copies are at the versions of the states, and nothing is missed any more."""
    for domain in ("address", "basket", "order"):
        states = evidence.stores[domain].states
        shown = await documents(endpoints.redis, [keys.document(domain, key) for key in states])
        versions = [0 if value is None else keys.split(value)[0] for value in shown]
        findings.breaks(
            "views are behind",
            (f"{domain} {key}: {has}, not {version}" for (key, (version, _)), has in zip(states.items(), versions, strict=True)
             if has != version),
        )  # fmt: skip
    async with open_books(endpoints) as books:
        for domain, keeper, table in _COPIES:
            has = await books.of(keeper).facts(keeper, table)
            findings.breaks(
                "copies are behind",
                (f"{keeper}.{table} {key}: {has.get(key)}, not {version}"
                 for key, (version, _) in evidence.stores[domain].states.items() if has.get(key) != version),
            )  # fmt: skip
        for domain in evidence.stores:
            left = (row for row in await books.of(domain).floors(domain) if row.missed is not None)
            findings.breaks("events are missed", map(str, left))
    redis = Redis.from_url(endpoints.redis)
    try:
        findings.breaks("events are missed", [name async for name in redis.scan_iter("missed:*")])
    finally:
        await redis.aclose()
