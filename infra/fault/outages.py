"""`fault outages`: the whole product under HTTP load while one of its servers goes and comes back, or loses what it holds."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from random import Random
from typing import Any

import aiohttp

from agents.notification.agent import MAILS_AT_ONCE
from infra.audit import lag, whole
from infra.audit.findings import Findings
from infra.fault import evidence
from infra.fault.audits import answers as audit_answers
from infra.fault.audits import dead as audit_dead
from infra.fault.audits import mails as audit_mails
from infra.fault.audits import views as audit_views
from infra.fault.ending import SLACK, ending
from infra.fault.http_load import PACE, HttpLoad
from infra.fault.outage import Conditions, Outage, suffer
from infra.fault.people.accounts import log_in, open_accounts
from infra.fault.plans.plan import Town
from infra.fault.plans.seeding import seed_town
from infra.mailbox.store import MailStore
from infra.stack.stage import NOBODY_ANSWERS, Stage, say, stage
from infra.supervision.child import Child

AGENTS, ACCOUNTS = 2, 8
KILL = signal.SIGKILL
SHORT_CONDITIONS = Conditions(seconds=10.0, pace=20.0, slack=SLACK, refused=0.5)
"""A machine with less than a core for all of it can hold that pace."""
LOGGED_IN = 480.0  # seconds; an access token is good for 900, and one outage may take 300
LONG = (
    Outage("kafka", None), Outage("kafka", KILL), Outage("postgres", None), Outage("postgres", KILL),
    Outage("mongo", None), Outage("mongo", KILL),
    Outage("redis", None), Outage("redis", KILL), Outage("redis-baskets", None), Outage("redis-baskets", KILL),
    Outage("mailbox", None), Outage("mailbox", KILL), Outage("rabbit", None), Outage("rabbit", KILL),
    Outage("postgres", None, with_worker=True),
    Outage("redis", None, emptied=True), Outage("redis-baskets", None, emptied=True),
)  # fmt: skip
SHORT = (
    Outage("kafka", KILL), Outage("postgres", None), Outage("redis", KILL), Outage("redis-baskets", KILL),
    Outage("mailbox", KILL), Outage("redis", None, emptied=True),
)  # fmt: skip
SERVERS = (
    "kafka",
    "postgres",
    "mongo",
    "redis",
    "redis-baskets",
    "mailbox",
    "rabbit",
    "postgres-and-worker",
    "emptied",
)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault outages", description=__doc__)
    said.add_argument("--seconds", type=float, default=30.0, help="how long each outage lasts")
    said.add_argument("--server", choices=SERVERS, help="only this one's outages")
    said.add_argument("--how", choices=("stopped", "killed"), help="only outages of this kind")
    said.add_argument("--short", action="store_true", help="10 s each, one outage a server, and fewer requests")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    wanted = SHORT if chosen.short and not chosen.server else of(chosen.server, chosen.how)
    findings = Findings()
    async with stage(keep=chosen.keep, settings=NOBODY_ANSWERS) as on:
        if chosen.short:
            await outages(on, wanted, SHORT_CONDITIONS, findings)
        else:
            await outages(on, wanted, Conditions(chosen.seconds, PACE), findings)
    return findings


def of(server: str | None, how: str | None) -> Sequence[Outage]:
    """Those of LONG that are of this server and of this kind; None for all."""
    return tuple(
        each for each in LONG if server in (None, _server(each)) and how in (None, "killed" if each.how else "stopped")
    )


def _server(outage: Outage) -> str:
    if outage.emptied:
        return "emptied"
    return "postgres-and-worker" if outage.with_worker else outage.server


async def outages(on: Stage, wanted: Sequence[Outage], conditions: Conditions, findings: Findings) -> None:
    """One after another on one stage, audited together; at the end all processes are ended without Kafka."""
    agents = await on.agents(AGENTS)
    edge = await on.edge()
    endpoints = on.stack.endpoints
    town = Town(Random(1))  # noqa: S311
    await seed_town(endpoints, town)
    async with aiohttp.ClientSession(endpoints.edge, connector=aiohttp.TCPConnector(limit=0)) as session:
        accounts = await open_accounts(session, MailStore(on.stack.site.data.mail), ACCOUNTS)
        say(f"{len(accounts)} users are registered, the load begins")
        load = HttpLoad(session, accounts, town.meals, conditions.pace)
        load.start()
        loop = asyncio.get_running_loop()
        logged_in = loop.time()
        try:
            figures = list[dict[str, Any]]()
            for each in wanted:
                if loop.time() - logged_in > LOGGED_IN:
                    load.accounts = [await log_in(session, account) for account in load.accounts]
                    logged_in = loop.time()
                figures.append(await suffer(on, each, conditions, load, agents, findings))
        finally:
            await load.stop()
    findings.measured(outages=figures)
    await lag.quiet(endpoints, findings, lag.WITHIN + conditions.seconds)  # what gathered in an outage, too
    await _audit(on, load, agents, sum(each.server == "mailbox" for each in wanted), conditions, findings)
    await ending(on, [*agents, edge], findings, conditions.slack)


async def _audit(
    on: Stage, load: HttpLoad, agents: Sequence[Child], mailbox_gone: int, conditions: Conditions, findings: Findings
) -> None:
    """mailbox_gone: how often the mail server went away. Each process may have had mails on their way then."""
    say("the audit begins")
    found = await evidence.gather(on.stack.endpoints)
    audit_answers.audit(load.told, found, findings, conditions.slack)
    await whole.audit(on.stack.endpoints, findings)
    await audit_views.audit(on.stack.endpoints, found, findings)
    requested = [event.id for event in audit_mails.requests(found)]
    names = [child.program.name for child in agents]
    audit_mails.out(on, requested, findings, names, in_flight=mailbox_gone * len(names) * MAILS_AT_ONCE)
    audit_dead.audit(found.dead, findings)
    say("the audit is done")
