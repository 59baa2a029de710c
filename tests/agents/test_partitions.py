"""A topic with another number of partitions than its contract says is refused at the start, with the way out."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from agents.partitions import differences
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from tests.deadline import within
from topics.contracts import all_topics


def test_each_topic_that_differs_is_named_with_its_way_out():
    basket = all_topics()["basket_events"]
    (more,) = differences([basket], {basket.name: basket.partitions + 4})
    assert f"say partitions={basket.partitions + 4} in topics/contracts/basket_events.py" in more
    (fewer,) = differences([replace(basket, partitions=8)], {basket.name: 4})
    assert "--topic basket_events --partitions 8" in fewer
    assert not list(differences([basket], {basket.name: basket.partitions}))
    assert not list(differences([basket], {})), "it is not made yet"


def test_the_way_out_names_a_file_that_is_there():
    missing = [name for name in all_topics() if not (CHECKOUT / "topics/contracts" / f"{name}.py").is_file()]
    assert missing == []


@pytest_asyncio.fixture
async def raised(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stack]:
    """Servers of its own, where somebody has raised basket_events after it was made."""
    async with Stack(data=tmp_path_factory.mktemp("raised")) as stack:
        assert (await _ended(stack, "agents.provision"))[0] == 0
        admin = AIOKafkaAdminClient(bootstrap_servers=stack.endpoints.kafka)
        await admin.start()
        await admin.create_partitions({"basket_events": NewPartitions(8)})
        await admin.close()
        yield stack


async def _ended(stack: Stack, *module: str) -> tuple[int | None, str]:
    """(exit code, last line of stderr)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, cwd=CHECKOUT, env=stack.environment() | {"AGENTS_HEALTH_PORT": "0"},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await within("it ends by itself", process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, said.decode().splitlines()[-1] if said else ""


async def test_a_raised_topic_is_refused_in_one_line_by_agents_and_provisioning(raised: Stack):
    for module in (("agents", "basket"), ("agents.provision",)):
        code, line = await _ended(raised, *module)
        assert (module, code) == (module, 2)
        assert line.startswith(
            "configuration: KAFKA_BROKERS: basket_events has 8 partitions there, its contract says 4"
        )
