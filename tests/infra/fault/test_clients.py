"""An honest client beside a hostile one: `./lezzet fault clients --short`, in the suite."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from infra.audit.findings import Findings
from infra.fault.attacks import ATTACKS, Attack
from infra.fault.clients import SHORT, attacked, redis_alone
from infra.stack.stack import Stack


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def redis() -> AsyncGenerator[Stack]:
    async with redis_alone() as stack:
        yield stack


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_honest_client_is_served_beside_a_hostile_one(redis: Stack, attack: Attack):
    findings = Findings()
    await attacked(redis, attack, SHORT, findings)
    assert findings.clean, findings.line("clients")
