"""Each timer fires once, whatever is killed and however the clock jumps: `./lezzet fault timers --short`, in the suite."""

from infra.fault.timers import SHORT, timers
from infra.stack.stage import stage


async def test_each_timer_fires_once_and_none_early_while_agents_are_killed_and_the_clock_jumps():
    async with stage() as on:
        findings = await timers(on, SHORT, seed=1)
    assert findings.clean, findings.line("timers")
    assert findings.figures["fired"] == SHORT.due + SHORT.burst
