"""One client that takes all it can, beside an honest user: `./lezzet fault greed`, in the suite."""

from infra.audit.findings import Findings
from infra.fault.greed import LATE, SHORT, SLOWER, greed
from infra.fault.greedy import ATTACKS
from infra.stack.stage import stage

IN_THE_SUITE = ("logins", "large", "restaurants")
OF_TIME = (SLOWER, LATE)
"""How long it takes is for `fault greed` on a quiet machine to say: beside other tests one hash takes half a second."""


async def test_a_greedy_client_keeps_no_honest_user_from_anything_and_does_not_fill_redis():
    findings = Findings()
    async with stage() as on:
        await greed(on, [attack for attack in ATTACKS if attack.name in IN_THE_SUITE], SHORT, findings)
    for promise in OF_TIME:
        findings.cases.pop(promise, None)
    assert findings.clean, findings.line("greed")
    for kind in ("login", "read", "write"):
        assert any(findings.figures[name].get(kind, {}).get("done") for name in IN_THE_SUITE), f"no {kind} was answered"
    assert findings.figures["logins"]["answers"].get(429), "who asks for more than its share is told so"
    large = findings.figures["large"]["answers"]
    # 0: the edge has closed the connection while the body was still on its way
    assert large[413] and large.keys() <= {0, 413}
    assert findings.figures["restaurants"]["answers"][409]
