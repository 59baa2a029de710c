"""Every order ends once, and nobody is charged for nothing: `./lezzet fault orders --short`, in the suite."""

from infra.audit.findings import Findings
from infra.fault.orders import SHORT, orders, street


async def test_every_order_ends_once_while_whatever_takes_part_is_killed():
    async with street() as on:
        findings: Findings = await orders(on, SHORT, seed=1)
    assert findings.clean, findings.line("orders")
    assert findings.figures["placed"] > SHORT.orders / 2
    assert {"OrderCancelled", "OrderDelivered", "OrderExpired", "OrderRejected"} <= findings.figures["ended"].keys()
    assert findings.figures["taken"] > findings.figures["paid_back"]
    assert findings.figures["couriers"] and findings.figures["kitchens"]["in broken words first"]
    assert findings.figures["doubled"] and sum(findings.figures["kills"].values()) == SHORT.kills
    assert all(megabytes > 0 for megabytes in findings.figures["held_mb"].values())
