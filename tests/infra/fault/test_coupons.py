"""The last use of a coupon has one winner: `./lezzet fault coupons --short`, in the suite; and `./lezzet audit` after it."""

import asyncio
import json
import sys
from typing import Any

import asyncpg

from infra.fault.coupons import SHORT_CHECKOUTS, coupons
from infra.layout.folders import CHECKOUT
from infra.stack.stage import NOBODY_ANSWERS, Stage, stage


async def test_one_of_many_gets_the_last_use_of_a_coupon():
    async with stage(settings=NOBODY_ANSWERS) as on:
        findings = await coupons(on, SHORT_CHECKOUTS, seed=1)
        assert findings.clean, findings.line("coupons")
        assert findings.figures["orders_with_coupon"] == 2
        await _an_audit_holds_until_something_is_written_over(on)


async def _an_audit_holds_until_something_is_written_over(on: Stage) -> None:
    code, said = await _audit(on)
    assert (code, said["ok"]) == (0, True), said
    connection = await asyncpg.connect(on.stack.endpoints.postgres)
    (order,) = await connection.fetchrow("update \"order\".aggregate set version = version + 1 where id = "
                                         "(select id from \"order\".aggregate limit 1) returning id")  # fmt: skip
    await connection.close()
    code, said = await _audit(on)
    assert (code, said["ok"]) == (1, False)
    wrong = {name: of["wrong"] for name, of in said["checks"].items() if not of["ok"]}
    case = {"count": 1, "examples": [f"order {order}"]}
    assert wrong == {"versions": {"the topic's last version is not the state's": case}}


async def _audit(on: Stage) -> tuple[int | None, Any]:
    """(exit code, what it printed)."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "infra.audit",
        "--json",
        cwd=CHECKOUT,
        env=on.stack.environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await running.communicate()
    return running.returncode, json.loads(said)
