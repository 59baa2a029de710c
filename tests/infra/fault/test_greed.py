"""One client that takes all it can, beside an honest user: `./lezzet fault greed`, in the suite."""

from infra.audit.findings import Findings
from infra.fault.greed import LOGIN_FAILED, SHORT, SLOWER, greed
from infra.fault.greedy import ATTACKS
from infra.stack.stage import stage

IN_THE_SUITE = ("logins", "large", "restaurants")
OF_TIME = (LOGIN_FAILED, SLOWER)
"""How long it takes is for `fault greed` on a quiet machine to say: beside other tests one hash takes half a second."""


async def test_a_greedy_client_keeps_no_honest_user_from_anything_and_does_not_fill_redis():
    findings = Findings()
    async with stage() as on:
        await greed(on, [attack for attack in ATTACKS if attack.name in IN_THE_SUITE], SHORT, findings)
    for promise in OF_TIME:
        findings.cases.pop(promise, None)
    assert findings.clean, findings.line("greed")
    logins = [findings.figures[name]["login"] for name in IN_THE_SUITE]
    assert any(each["asked"] > each["failed"] for each in logins)
    assert findings.figures["logins"]["answers"].get(429), "who asks for more than its share is told so"
    large = findings.figures["large"]["answers"]
    # 0: the edge has closed the connection while the body was still on its way
    assert large[413] and large.keys() <= {0, 201, 413} and large[201] == 1, "the 201 is the restaurant's"
    assert findings.figures["restaurants"]["answers"][409]
