"""One client that takes all it can, beside an honest user: `./lezzet fault greed`, in the suite."""

from infra.fault.findings import Findings
from infra.fault.greed import SHORT, greed
from infra.fault.greedy import ATTACKS
from infra.stack.stage import stage


async def test_a_greedy_client_keeps_no_honest_user_from_anything_and_does_not_fill_redis():
    """How much slower an honest user is, is for `fault greed` on a quiet machine to say."""
    findings = Findings()
    async with stage() as on:
        await greed(on, ATTACKS, SHORT, findings)
    findings.wrong.pop("an honest user waits more than twice as long", None)
    assert findings.clean, findings.line("greed")
    assert findings.figures["meals"]["answers"].get(409) or findings.figures["meals"]["answers"].get(201)
