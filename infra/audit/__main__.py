"""`python -m infra.audit`, which `./lezzet audit` gives the stack's addresses: do the promises hold on the system that runs?

Nothing is changed, and nothing has to stand still: what looks wrong is looked at again some seconds later, and only what is
wrong both times is told. Exit code 0: everything holds; 1: something does not, or a server is away; 2: wrong settings.
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence

from infra.audit import lag, whole
from infra.audit.check import Check
from infra.audit.findings import EXAMPLES, Findings
from infra.audit.servers import Addresses, Servers
from stores import telemetry
from stores.errors import Doubt, Unavailable
from stores.settings import load_or_exit

AGAIN = 6.0  # seconds between two looks: published rows of an outbox stay for some seconds where nothing else comes
WAIT = 60.0
LAG = "lag"


def main(arguments: Sequence[str]) -> int:
    said = argparse.ArgumentParser(prog="./lezzet audit", description=__doc__)
    said.add_argument("--json", action="store_true", help="one JSON object")
    said.add_argument("--at-rest", action="store_true", help="nobody orders any more: no order may be under way")
    said.add_argument(
        "--wait",
        type=float,
        default=WAIT,
        metavar="S",
        help="seconds in which all that is there must be done (%(default)g)",
    )
    chosen = said.parse_args(arguments)
    servers = Addresses.of(load_or_exit())
    telemetry.configure("audit", "error")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it has to say is in our one line
    checks = whole.checks()
    try:
        found = asyncio.run(audit(servers, wait=chosen.wait, at_rest=chosen.at_rest))
    except (Unavailable, Doubt, OSError) as error:
        sys.stderr.write(f"lezzet audit: {error}: look with `./lezzet status`\n")
        return 1
    except KeyboardInterrupt:
        return 130
    print(_as_json(found) if chosen.json else "\n".join(_lines(found, checks)), flush=True)
    return 0 if all(each.clean for each in found.values()) else 1


async def audit(servers: Servers, *, wait: float, at_rest: bool) -> Mapping[str, Findings]:
    """What is wrong with the system, by check; figures besides."""
    behind = Findings()
    left = await lag.caught_up(servers, wait)
    behind.breaks("not done in time", (f"{name}: {messages}" for name, messages in left.items()))
    found = await whole.look(servers, whole.checks(), at_rest=at_rest)
    if not all(each.clean for each in found.values()):
        await asyncio.sleep(AGAIN)
        again = await whole.look(servers, whole.checks(), at_rest=at_rest)
        found = {name: each.only(found[name]) for name, each in again.items()}
    return {LAG: behind, **found}


def _lines(found: Mapping[str, Findings], checks: Sequence[Check]) -> Iterator[str]:
    promises = {LAG: "all that was there is done", **{check.name: check.promise for check in checks}}
    for name, findings in found.items():
        figures = ", ".join(f"{figure.replace('_', ' ')} {value}" for figure, value in findings.figures.items())
        yield f"{'ok   ' if findings.clean else 'WRONG'} {name:10} {promises[name]}{f' ({figures})' if figures else ''}"
        for promise, cases in findings.cases.items():
            yield f"      {promise}: {len(cases)}"
            yield from (f"        {case}" for case in cases[:EXAMPLES])


def _as_json(found: Mapping[str, Findings]) -> str:
    said = {name: {"ok": each.clean, **each.figures, "wrong": each.wrong} for name, each in found.items()}
    return json.dumps({"ok": all(each.clean for each in found.values()), "checks": said}, default=str)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
