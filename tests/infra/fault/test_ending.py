"""SIGTERM in the middle of work while Kafka is away: `./lezzet fault ending`, in the suite."""

from infra.audit.findings import Findings
from infra.fault.ending import ENDS_WITHIN, SLACK, ending_at_work
from infra.stack.stage import NOBODY_ANSWERS, stage


async def test_every_process_ends_by_itself_without_kafka_and_its_work_is_done_later():
    findings = Findings()
    async with stage(settings=NOBODY_ANSWERS) as on:
        await ending_at_work(on, findings, SLACK)
    assert findings.clean, findings.line("ending")
    assert max(findings.figures["ended_s"].values()) < ENDS_WITHIN * SLACK
