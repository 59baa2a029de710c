"""All audits of a plan that was sent straight to the topics."""

from collections.abc import Sequence

from infra.audit import whole
from infra.audit.findings import Findings
from infra.fault import (
    audit_campaigns,
    audit_dead,
    audit_erasures,
    audit_mails,
    audit_outcomes,
    audit_photos,
    audit_views,
    evidence,
)
from infra.fault.planned import Planned
from infra.stack.stage import Stage, say


async def audit(on: Stage, plan: Sequence[Planned], findings: Findings, agents: Sequence[str]) -> None:
    say("the audit begins")
    found = await evidence.gather(on.stack.endpoints)
    audit_outcomes.audit(plan, found, findings)
    await whole.audit(on.stack.endpoints, findings)
    await audit_views.audit(on.stack.endpoints, found, findings)
    audit_mails.audit(plan, on, found, findings, agents)
    audit_campaigns.audit(found, findings)
    audit_erasures.audit(found, findings)
    audit_photos.audit(found, findings)
    audit_dead.audit(found.dead, findings)
    say("the audit is done")
