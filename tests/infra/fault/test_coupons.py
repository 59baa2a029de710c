"""The last use of a coupon is given once: `./lezzet fault coupons --short`, in the suite."""

from infra.fault.coupons import SHORT_CHECKOUTS, coupons
from infra.stack.stage import stage


async def test_one_of_many_gets_the_last_use_of_a_coupon():
    async with stage() as on:
        findings = await coupons(on, SHORT_CHECKOUTS, seed=1)
    assert findings.clean, findings.line("coupons")
    assert findings.figures["orders_with_coupon"] == 2
