"""Nothing is lost or doubled while agents processes die: `./lezzet fault workers --short`, in the suite."""

from infra.audit.findings import Findings
from infra.fault.workers import SHORT, workers
from infra.stack.stage import NOBODY_ANSWERS, stage


async def test_every_command_takes_effect_once_while_workers_are_killed():
    async with stage(settings=NOBODY_ANSWERS) as on:
        findings: Findings = await workers(on, SHORT, seed=1)
    assert findings.clean, findings.line("workers")
    assert sum(findings.figures["kills"].values()) == SHORT.kills
    assert findings.figures["commands"] > SHORT.commands * 0.9
