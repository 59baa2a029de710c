"""A topic with another number of partitions than is recorded is refused at the start, with the way out."""

import asyncio
import sys
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from agents.partitions import differences
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from stores.kafka.admin import raise_partitions
from stores.kafka.growth import Counts, Growth
from tests.deadline import within
from topics.contracts import all_topics


def test_each_topic_that_differs_is_named_with_its_way_out():
    basket = all_topics()["basket_events"]
    (more,) = differences([basket], {basket.name: basket.partitions + 4}, Counts())
    assert f"`./lezzet topics grow basket_events --partitions {basket.partitions + 4} --yes`" in more
    (fewer,) = differences([basket], {basket.name: 4}, Counts({basket.name: Growth(8, ((1, 2, 3, 4),))}))
    assert "`./lezzet topics grow basket_events --partitions 8 --yes`" in fewer
    assert not list(differences([basket], {basket.name: basket.partitions}, Counts()))
    assert not list(differences([basket], {basket.name: 8}, Counts({basket.name: Growth(8)})))
    assert not list(differences([basket], {}, Counts())), "it is not made yet"


@pytest_asyncio.fixture
async def raised(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stack]:
    """Servers of its own, where somebody has raised basket_events after it was made."""
    async with Stack(data=tmp_path_factory.mktemp("raised")) as stack:
        assert (await _ended(stack, "agents.provision"))[0] == 0
        await raise_partitions(stack.endpoints.brokers, "basket_events", 8)
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
        assert line.startswith("configuration: KAFKA_BROKERS: basket_events has 8 partitions there, 4 are recorded")
