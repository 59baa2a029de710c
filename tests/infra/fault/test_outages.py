"""What clients are told is what happens while servers go away: `./lezzet fault outages --short`, in the suite."""

from infra.audit.findings import Findings
from infra.fault.outages import LONG, SERVERS, SHORT, SHORT_CONDITIONS, of, outages
from infra.stack.stage import NOBODY_ANSWERS, stage


def test_each_outage_can_be_asked_for_alone():
    every = [outage for server in SERVERS for outage in of(server, None)]
    assert set(every) == set(LONG) == {*of(None, "stopped"), *of(None, "killed")}
    assert [outage.name for outage in of("mailbox", "stopped")] == ["mailbox stopped"]
    assert all(outage.fitting for outage in LONG)


async def test_an_outage_of_each_server_loses_nothing_and_every_answer_stays_true():
    findings = Findings()
    async with stage(settings=NOBODY_ANSWERS) as on:
        await outages(on, SHORT, SHORT_CONDITIONS, findings)
    assert findings.clean, findings.line("outages")
    assert len(findings.figures["outages"]) == len(SHORT)
