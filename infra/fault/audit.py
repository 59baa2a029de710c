"""All audits of a plan that was sent straight to the topics."""

from collections.abc import Sequence

from infra.audit import whole
from infra.audit.findings import Findings
from infra.fault import evidence
from infra.fault.audits import campaigns as audit_campaigns
from infra.fault.audits import dead as audit_dead
from infra.fault.audits import erasures as audit_erasures
from infra.fault.audits import mails as audit_mails
from infra.fault.audits import outcomes as audit_outcomes
from infra.fault.audits import photos as audit_photos
from infra.fault.audits import views as audit_views
from infra.fault.plans.planned import Planned
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
