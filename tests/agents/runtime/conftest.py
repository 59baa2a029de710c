"""A schema for the tally domain on the session's servers, and a world a test."""

from collections.abc import AsyncGenerator, Generator

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from agents.runtime.sending.publisher import Publisher
from http_edge.commands.withdrawals import Withdrawals
from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from stores.postgres.migrate import migrate
from stores.redis import generations
from stores.redis.connection import connect
from stores.redis.reader import Reader
from stores.settings import Settings, load
from tests.agents.runtime import feed, gates
from tests.agents.runtime.flow import Flow
from tests.agents.runtime.member import flow_of
from tests.agents.runtime.world import World, a_world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def settings(servers: Stack) -> Settings:
    found = load(servers.environment())
    migrate(found.postgres, "tally")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def publisher(settings: Settings) -> AsyncGenerator[Publisher]:
    made = Publisher(settings.kafka)
    yield made
    await made.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def world(settings: Settings, publisher: Publisher) -> AsyncGenerator[World]:
    redis = connect(settings.redis)
    async with a_world(settings, publisher, redis) as made:
        yield made
    await redis.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def withdrawals(world: World) -> AsyncGenerator[Withdrawals]:
    """As an edge process has them."""
    reader = Reader(world.redis)
    made = Withdrawals(reader)
    yield made
    await made.stop()
    await reader.close()


@pytest_asyncio.fixture(loop_scope="session")
async def flow(world: World) -> AsyncGenerator[Flow]:
    await world.process()  # a pool for the questions
    await make_topics(world.settings.kafka, [flow_of(world.run)[0]])
    producer = AIOKafkaProducer(bootstrap_servers=str(world.settings.kafka), acks="all")
    await producer.start()
    yield Flow(world, producer)
    await producer.stop()


@pytest.fixture
def long_lived(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Redis forgets after seconds stays until a test takes it away: that a release runs, and the grace after a switch."""
    monkeypatch.setattr(generations, "RUNNING_SECONDS", 3600)
    monkeypatch.setattr(generations, "GRACE_SECONDS", 3600)


@pytest.fixture
def no_inbox() -> Generator[None]:
    """The inbox hides a missing floor: here it cannot help."""
    already = "inbox" in gates.WITHOUT
    gates.WITHOUT.add("inbox")
    yield
    if not already:
        gates.WITHOUT.discard("inbox")


@pytest.fixture(autouse=True)
def leases_end() -> Generator[None]:
    yield
    feed.end_leases()


@pytest.fixture(autouse=True)
def versions_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version guard of projections is a function, so it is taken away here and not in a proxy."""
    if "versions" in gates.WITHOUT:
        monkeypatch.setattr("agents.runtime.reading.events.is_next", lambda *event: True)


@pytest.fixture(autouse=True)
def timers_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what says that the command of a timer is out of date."""
    if "timers" in gates.WITHOUT:
        monkeypatch.setattr("agents.runtime.deciding.timing.Timing.is_out_of_date", lambda *asked: False)


class Untouched:
    """A turn that touches nothing, whatever it was told."""

    def __get__(self, turn: object, of: object) -> frozenset[str]:
        return frozenset()

    def __set__(self, turn: object, touches: object) -> None:
        pass


@pytest.fixture(autouse=True)
def touches_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is what keeps two partitions with one key out of one round."""
    if "deferred" in gates.WITHOUT:
        monkeypatch.setattr("agents.runtime.committing.rounds.BatchPart.touches", Untouched(), raising=False)
