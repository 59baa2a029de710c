"""`fault guards`: the tests of the runtime without one of its guards. A guard that nobody misses guards nothing.

The guards hide each other (the inbox covers a missing floor, and the other way round), so some of these tests run with the
others off. What is taken away is taken in the tests' own proxies (tests/agents/runtime/gates.py), never in the product.
"""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Sequence

from infra.audit.findings import Findings
from infra.layout.folders import CHECKOUT
from infra.stack.stage import say

TESTS = "tests/agents/runtime"
# Tests of whole processes, which know no gates: no guard can be taken away from them, and they take minutes. And those that
# start Elasticsearch: what they are about does not depend on these guards.
WHOLE = (
    "reading/test_indexing.py",
    "test_liveness.py",
    "test_process.py",
    "transport/test_made_anew.py",
    "transport/test_rebalance.py",
)
GUARDS = {
    "floor": "what is read again is done again",
    "inbox": "what was sent twice is done twice",
    "outbox": "what was committed and not sent is sent by nobody",
    "sent": "what is committed is deleted before it is out",
    "parking": "messages of a poisoned key overtake it",
    "versions": "a projection applies what it has seen",
    "fate": "what the edge has answered 503 happens all the same",
    "epoch": "a worker that lost its partition goes on with effects",
    "incarnation": "what was read of an old log is done in the new one",
    "behind": "an effect overtakes one of its key that waits",
    "stale": "who looked before another's write writes over it",
    "timers": "the command of a timer that was moved or cancelled takes effect all the same",
    "deferred": "a key in two partitions is decided twice on one state",
}
PATIENCE = 180.0  # seconds for all tests; without a guard one may wait for what never comes
_RED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
_SUMMARY = re.compile(r"^.*(?:passed|failed|error).* in [\d.]+s.*$", re.MULTILINE)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault guards", description=__doc__)
    said.add_argument("--guard", action="append", choices=GUARDS, help="only this one; may be given again")
    said.add_argument("--first", action="store_true", help="stop at the first red test of a guard")
    chosen = said.parse_args(arguments)
    findings = Findings()
    for guard in chosen.guard or GUARDS:
        red, summary = await _tests_without(guard, chosen.first)
        say(f"without {guard} ({GUARDS[guard]}): {summary}")
        for test in red:
            say(f"  red: {test.removeprefix(f'{TESTS}/')}")
        findings.measured(**{guard: len(red)})
        findings.breaks("a guard that nobody misses", [] if red else [guard])
    return findings


async def _tests_without(guard: str, first: bool) -> tuple[list[str], str]:
    """Ids of the tests that are red without it, and pytest's last word."""
    argv = [sys.executable, "-m", "pytest", TESTS, "-q", "--tb=no", "--show-capture=no", "-p", "no:cacheprovider"]
    argv += (f"--ignore={TESTS}/{name}" for name in WHOLE)
    running = await asyncio.create_subprocess_exec(
        *argv,
        *(("-x",) if first else ()),
        cwd=CHECKOUT,
        env=os.environ | {"LEZZET_WITHOUT": guard},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            out, _ = await running.communicate()
    except TimeoutError:
        running.kill()
        await running.wait()
        return ["(the tests never came to an end)"], f"no end within {PATIENCE:.0f} s"
    text = out.decode(errors="replace")
    summary = _SUMMARY.findall(text)
    return _RED.findall(text), summary[-1].strip("= ") if summary else text[-300:]
