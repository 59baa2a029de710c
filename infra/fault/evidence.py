"""What the stores, topics and views hold when all is quiet: read once, judged by the audits."""

from dataclasses import dataclass

from redis.asyncio import Redis

from agents.domains import DOMAINS
from infra.audit import topic_log
from infra.audit.books import Book, open_books
from infra.audit.topic_log import Entry
from infra.layout.site import Endpoints
from stores.protocol import InboxKey
from stores.redis import tags
from topics.contracts import all_topics


@dataclass(frozen=True, slots=True)
class Held:
    """A domain's store. states: id → (version, JSON). inbox: outcome JSON, None where nobody asked for it."""

    states: dict[str, tuple[int, str]]
    inbox: dict[InboxKey, str | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """stores: by domain. topics: all `_events`. dead: entries of the dead-letter topics."""

    stores: dict[str, Held]
    topics: dict[str, list[Entry]]
    dead: list[Entry]

    def events(self, domain: str) -> list[Entry]:
        return self.topics[f"{domain}_events"]

    def distinct(self, domain: str) -> list[Entry]:
        """Events without those that went out twice, in the order of their versions."""
        first = {(entry.aggregate, entry.version): entry for entry in reversed(self.events(domain))}
        return sorted(first.values(), key=lambda entry: (entry.aggregate, entry.version))


async def gather(endpoints: Endpoints) -> Evidence:
    names = [name for name in all_topics() if name.endswith("_events")]
    dead = await topic_log.dead_letters(endpoints.brokers)
    async with open_books(endpoints) as books:
        stores = {domain: await _held(books.of(domain), domain) for domain in DOMAINS}
    return Evidence(stores, await topic_log.read(endpoints.brokers, names), dead)


async def _held(book: Book, domain: str) -> Held:
    return Held(
        states={id: (stored.version, stored.body) for id, stored in (await book.states(domain)).items()},
        inbox=await book.inbox(domain),
    )


async def documents(redis_url: str, names: list[str]) -> list[bytes | None]:
    """Redis values by place (topics/keys.py)."""
    redis = Redis.from_url(redis_url)
    try:
        return await tags.read(redis, names)
    finally:
        await redis.aclose()
