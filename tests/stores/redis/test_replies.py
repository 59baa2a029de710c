"""What Redis keeps of a reply: the reply for minutes, a line for who was told 202, and one version an aggregate of what a
caller wrote, however much it writes."""

import time
import uuid
from collections.abc import AsyncGenerator, Sequence

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from http_edge.reads.own_writes import noted
from infra.stack.stack import Stack
from stores.protocol import OutboxRow
from stores.redis.connection import connect
from stores.redis.replies import KEPT, MOST_NOTED, NOTED, Replies, ReplyNote
from topics import keys
from topics.messages.reply import Reply, Wrote

BUSY = 6_400  # writes of one caller, as the note was found to grow by


class Domain:
    """Answers commands of one caller."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.caller = str(uuid.uuid4())
        self.note = keys.wrote(self.caller, "catalog")
        self._replies = Replies(redis)

    async def wrote(self, *written: tuple[str, int]) -> None:
        """One publish, with a reply for each."""
        await self._replies.publish([self._row(Wrote("catalog", *each)) for each in written])

    async def answered(self, **fields: str) -> str:
        """The id of an operation that got this reply."""
        operation = str(uuid.uuid4())
        said: dict[str, object] = {"operation_id": operation, "status": "done", "caller": self.caller, **fields}
        await self._replies.publish([self._row(reply=msgspec.convert(said, Reply))])
        return operation

    async def noted(self) -> dict[str, int]:
        return noted(await self.redis.get(self.note))

    def _row(self, *wrote: Wrote, reply: Reply | None = None) -> OutboxRow:
        reply = reply or Reply(operation_id=str(uuid.uuid4()), status="done", caller=self.caller, wrote=wrote)
        note = msgspec.json.encode(ReplyNote(caller=self.caller, wrote=wrote)).decode()
        return OutboxRow("reply", "", reply.operation_id.encode(), note, msgspec.json.encode(reply))


@pytest_asyncio.fixture(loop_scope="session")
async def domain(servers: Stack) -> AsyncGenerator[Domain]:
    redis = connect(servers.endpoints.redis)
    yield Domain(redis)
    await redis.aclose()


async def test_the_note_of_a_caller_who_writes_all_the_time_is_one_version_an_aggregate(domain: Domain):
    for start in range(0, BUSY, 400):
        await domain.wrote(*(("basket-1", version + 1) for version in range(start, start + 400)))
    size = await domain.redis.strlen(domain.note)
    assert await domain.noted() == {"basket-1": BUSY}
    assert size < 100, f"{size} bytes after {BUSY} writes of one aggregate"


async def test_the_note_of_a_caller_who_makes_ever_new_things_is_bounded(domain: Domain):
    names = [f"{uuid.uuid4()}" for _ in range(BUSY)]
    for start in range(0, BUSY, 400):
        await domain.wrote(*((name, 1) for name in names[start : start + 400]))
    found = await domain.noted()
    assert list(found) == names[-MOST_NOTED:], "the last ones"
    size = await domain.redis.strlen(domain.note)
    assert size < 60 * MOST_NOTED, f"{size} bytes after {BUSY} writes"


@pytest.mark.parametrize("versions", [(3, 4), (4, 3)], ids=["in order", "a row that is published again"])
async def test_the_highest_version_counts(domain: Domain, versions: Sequence[int]):
    for version in versions:
        await domain.wrote(("m-1", version), ("m-2", 1))
    assert await domain.noted() == {"m-1": 4, "m-2": 1}


async def test_what_is_older_than_a_notes_life_leaves_with_the_next_write(domain: Domain):
    second = int((await domain.redis.time())[0])
    await domain.redis.set(domain.note, f"{second - NOTED};old@7;{second - NOTED + 60};young@2;")
    await domain.wrote(("new", 1))
    assert await domain.noted() == {"young": 2, "new": 1}
    assert 0 < await domain.redis.ttl(domain.note) <= NOTED


async def test_a_note_of_the_release_before_is_read_and_kept(domain: Domain):
    """It has no seconds: `<id>@<version>;` was appended, many times for one aggregate."""
    await domain.redis.set(domain.note, "m-1@2;m-1@3;m-2@9;")
    await domain.wrote(("m-3", 1))
    assert await domain.noted() == {"m-1": 3, "m-2": 9, "m-3": 1}


async def test_a_write_of_a_busy_caller_costs_redis_little(domain: Domain):
    """Against the write of a caller who has no note: it was 268 KB that each read had to fetch, and is now at most some
    kilobytes that each write merges."""
    names = [(str(uuid.uuid4()), 1) for _ in range(MOST_NOTED)]
    await domain.wrote(*names)
    busy = min([await _seconds(domain, names) for _ in range(3)])  # the machine may stop it once
    domain.note, domain.caller = "", str(uuid.uuid4())
    quiet = await _seconds(domain, names[:1])
    assert busy < 20 * quiet + 0.2, f"{busy * 1000:.0f} ms against {quiet * 1000:.0f} ms"


async def _seconds(domain: Domain, names: Sequence[tuple[str, int]]) -> float:
    began = time.perf_counter()
    for n in range(100):
        await domain.wrote(names[n % len(names)])
    return time.perf_counter() - began


# -- replies


async def test_a_reply_is_kept_for_minutes_and_nothing_of_it_longer(domain: Domain):
    operation = await domain.answered(detail="x" * 500)
    kept = [name async for name in domain.redis.scan_iter(match=f"*{operation}*")]
    assert kept == [keys.reply(operation).encode()]
    assert 0 < await domain.redis.ttl(keys.reply(operation)) <= KEPT <= 600


async def test_who_was_told_202_finds_what_became_of_it_for_as_long_as_before(domain: Domain):
    operation = str(uuid.uuid4())
    await domain.redis.set(keys.operation(operation), domain.caller, ex=86_400)
    reply = Reply(operation_id=operation, status="failed", code="closed", detail="d" * 5_000, caller=domain.caller)
    note = msgspec.json.encode(ReplyNote()).decode()
    await Replies(domain.redis).publish([OutboxRow("reply", "", operation.encode(), note, msgspec.json.encode(reply))])
    value, life = await domain.redis.get(keys.operation(operation)), await domain.redis.ttl(keys.operation(operation))
    owner, _, outcome = value.partition(b"\n")
    assert owner.decode() == domain.caller and msgspec.json.decode(outcome)["code"] == "closed"
    assert len(value) < 400 and life > KEPT


async def test_an_attempt_of_an_idempotency_key_that_never_takes_effect_is_passed_over_for_as_long_as_the_inbox_knows_it(
    domain: Domain,
):
    keyed = await domain.answered(status="failed", code="expired", fingerprint="f")
    assert await domain.redis.get(keys.fate(keyed)) == keys.WITHDRAWN
    assert await domain.redis.ttl(keys.fate(keyed)) > 6 * 86_400


async def test_a_command_without_a_key_that_never_takes_effect_leaves_nothing_behind(domain: Domain):
    """Its domain has passed it: nobody asks for its fate any more, which the edge keeps for nine days otherwise."""
    operation = str(uuid.uuid4())
    await domain.redis.set(keys.fate(operation), keys.WITHDRAWN, ex=9 * 86_400)
    reply = Reply(operation_id=operation, status="failed", code="expired")
    note = msgspec.json.encode(ReplyNote()).decode()
    await Replies(domain.redis).publish([OutboxRow("reply", "", operation.encode(), note, msgspec.json.encode(reply))])
    assert await domain.redis.get(keys.fate(operation)) is None
