"""A public topic that was deleted and made anew: its readers stand beyond its end until `topics reset`."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.stack.stack import Stack
from replay.tools import Tools
from stores.kafka.admin import make_topics
from tests.deadline import until
from tests.replay.scene import Desk, record, running
from topics.contracts import user_created
from topics.messages import ids

TOPIC = "user_created"


async def _make_anew(tools: Tools) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=str(tools.settings.kafka))
    await admin.start()
    try:
        await admin.delete_topics([TOPIC])
    finally:
        await admin.close()

    async def made() -> bool:
        try:
            return TOPIC in await make_topics(tools.settings.kafka, [user_created.TOPIC])
        except KafkaError:
            return False  # half deleted

    await until("the topic is made anew", made)


async def _taken_in(desk: Desk, key: str) -> None:
    async def commanded() -> bool:
        return bool(await desk.all_of("user_commands", key))

    await until(f"the intake has made a command for {key}", commanded)


async def test_goes_on_with_what_stands_at_the_old_places(servers: Stack, desk: Desk) -> None:
    old, new = [ids.fresh() for _ in range(3)], ids.fresh()
    async with running(servers, "agents", "user"):
        await desk.publish(*(record(TOPIC, "k", b'{"id":"%s"}' % name.encode()) for name in old))
        await _taken_in(desk, old[-1])
    await _make_anew(desk.tools)
    ((partition, offset),) = await desk.publish(record(TOPIC, "k", b'{"id":"%s"}' % new.encode()))
    assert offset == 0
    _, out = await desk.run("topics", "reset", TOPIC, "--yes")
    assert f"user.decide {TOPIC}:{partition}" in out and "the log holds 0 to 1: next 0, incarnation 0 → 1" in out
    assert "WARNING" not in out
    async with running(servers, "agents", "user"):
        await _taken_in(desk, new)


async def test_a_log_that_has_grown_past_the_floor_is_taken_for_the_old_one_until_it_is_reset(
    servers: Stack, desk: Desk
) -> None:
    """The limit, as it is: nothing stops, and what stands below the old floor is passed over. The reset does it all."""
    old, new = [ids.fresh() for _ in range(3)], [ids.fresh() for _ in range(5)]
    await _make_anew(desk.tools)
    await desk.run("topics", "reset", TOPIC, "--yes")
    async with running(servers, "agents", "user"):
        await desk.publish(*(record(TOPIC, "k", b'{"id":"%s"}' % name.encode()) for name in old))
        await _taken_in(desk, old[-1])
    await _make_anew(desk.tools)
    await desk.publish(*(record(TOPIC, "k", b'{"id":"%s"}' % name.encode()) for name in new))
    async with running(servers, "agents", "user"):
        for name in new[len(old) :]:  # the commands go to several partitions
            await _taken_in(desk, name)
    passed_over = [name for name in new if not await desk.all_of("user_commands", name)]
    assert passed_over == new[: len(old)], "as many as the old log held"
    _, out = await desk.run("topics", "reset", TOPIC, "--yes")
    assert "WARNING: every floor lies inside the log" in out, "it looks as if nothing had happened"
    async with running(servers, "agents", "user"):
        for name in passed_over:
            await _taken_in(desk, name)
