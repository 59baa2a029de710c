"""`fault rolling`: two releases of a domain side by side, under HTTP load. Agents are restarted one after the other with the
code of the next release, then with the old code again, then with the next release for good."""

import argparse
import asyncio
import json
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from infra.audit import lag, whole
from infra.audit.findings import Findings
from infra.fault import evidence, next_release
from infra.fault.audits import dead as audit_dead
from infra.fault.audits import rolling as audit_rolling
from infra.fault.http_load import PACE, PATIENCE, Answered, HttpLoad, Wanted
from infra.fault.people.accounts import HOME, Account, open_accounts
from infra.fault.plans.plan import Town
from infra.fault.plans.seeding import seed_town
from infra.layout.folders import CHECKOUT
from infra.mailbox.store import MailStore
from infra.stack.stage import NOBODY_ANSWERS, Stage, say, stage
from infra.supervision.child import Child

AGENTS = 2
_COUNTERS = re.compile(r"^lezzet_(version_gaps|missed_events)_total\{[^}]*\} ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Scale:
    """accounts: users with a load of their own, and users whose addresses alone change. mixed: seconds in which both releases
    work. rounds: how often it goes forwards and back, before the last way forwards. pace: writes a second. patience: seconds in
    which a request is answered, however often it is put off."""

    accounts: tuple[int, int]
    mixed: float
    rounds: int
    pace: float = PACE
    patience: float = PATIENCE


SHORT, LONG = Scale((6, 4), 4.0, 1, pace=20.0, patience=60.0), Scale((12, 8), 15.0, 3)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault rolling", description=__doc__)
    said.add_argument("--short", action="store_true", help="once forwards, back, and forwards again")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    async with stage(keep=chosen.keep, settings=NOBODY_ANSWERS) as on:
        return await rolling(on, SHORT if chosen.short else LONG)


async def rolling(on: Stage, scale: Scale) -> Findings:
    findings = Findings()
    folder = Path(tempfile.mkdtemp(prefix="lezzet-next-release-"))
    try:
        await _rolling(on, scale, next_release.make(folder), findings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return findings


async def _rolling(on: Stage, scale: Scale, newer: Path, findings: Findings) -> None:
    fleet = Fleet(on, await on.agents(AGENTS))
    await on.edge()
    town, endpoints = Town(Random(1)), on.stack.endpoints  # noqa: S311
    await seed_town(endpoints, town)
    async with aiohttp.ClientSession(endpoints.edge, connector=aiohttp.TCPConnector(limit=0)) as session:
        accounts = await open_accounts(session, MailStore(on.stack.site.data.mail), sum(scale.accounts))
        say(f"{len(accounts)} users are registered, the load begins")
        load = Patient(session, accounts[: scale.accounts[0]], town.meals, scale.pace, scale.patience)
        counted = Counted(session, accounts[scale.accounts[0] :])
        load.start()
        counted.start()
        try:
            for _ in range(scale.rounds):
                await fleet.roll(newer, "the next release", scale.mixed)
                await fleet.roll(CHECKOUT, "the old release", scale.mixed)
            await fleet.roll(newer, "the next release", scale.mixed)
        finally:
            await counted.stop()
            await load.stop()
    await lag.quiet(endpoints, findings)
    await fleet.read_counters()
    findings.measured(restarts=fleet.restarts, put_off=load.put_off, behind=sorted(fleet.behind), **fleet.counted)
    findings.breaks("version gaps that a reader met", ["counted"] * fleet.counted["version_gaps"])
    findings.breaks(
        "no event had to wait for newer code", [] if fleet.counted["missed_events"] else ["none was missed"]
    )
    findings.breaks("health said nothing of it", [] if fleet.behind else ["no partition was behind"])
    await _audit(on, load, counted, findings)


async def _audit(on: Stage, load: "Patient", counted: "Counted", findings: Findings) -> None:
    say("the audit begins")
    found = await evidence.gather(on.stack.endpoints)
    await whole.audit(on.stack.endpoints, findings)
    audit_rolling.audit_answers(load.told, found, findings)
    audit_rolling.audit_counts(counted.taken, found, findings)
    await audit_rolling.audit_readers(on.stack.endpoints, found, findings)
    audit_dead.audit(found.dead, findings)
    say("the audit is done")


class Fleet:
    """The agents processes. counted: what all that lived have said of gaps and missed events. behind: the partitions that one
    of them has said to be behind."""

    def __init__(self, on: Stage, children: Sequence[Child]) -> None:
        self._on = on
        self._children = list(children)
        self.restarts = 0
        self.counted = Counter[str](version_gaps=0, missed_events=0)
        self.behind: set[str] = set()

    async def roll(self, code: Path, name: str, mixed: float) -> None:
        """One after the other, each ready before the next is ended."""
        for place, old in enumerate(self._children):
            await self._count(old)
            await old.stop()
            self._children[place] = self._on.stack.supervisor.start(replace(old.program, folder=code))
            await self._children[place].until_ready()
            self.restarts += 1
            say(f"{old.program.name} runs {name}")
            await asyncio.sleep(mixed)

    async def read_counters(self) -> None:
        for child in self._children:
            await self._count(child)

    async def _count(self, child: Child) -> None:
        said = await asyncio.to_thread(_read, child.program.health.replace("/health/ready", "/metrics"))
        for name, value in _COUNTERS.findall(said):
            self.counted[name] += int(float(value))
        groups: dict[str, Any] = json.loads(await asyncio.to_thread(_read, child.program.health))["groups"]
        self.behind.update(f"{group} {place}" for group, of in groups.items() for place in of.get("behind", ()))


def _read(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - a URL of ours
            return answer.read().decode()
    except urllib.error.HTTPError as error:  # not ready: it says the same
        return error.read().decode()


class Patient(HttpLoad):
    """Clients that do what Retry-After says: what was put off and then answered has not failed. put_off: how many answers."""

    put_off = 0

    async def _request(self, account: Account, correlation: str, method: str, path: str, body: Any) -> Answered:
        return await self.request(account, correlation, method, path, body)

    async def request(self, account: Account, correlation: str, method: str, path: str, body: Any) -> Answered:
        """The first answer that is no invitation to try again."""
        while True:
            status, headers, said = await super()._request(account, correlation, method, path, body)
            if status != 503 or "Retry-After" not in headers:
                return status, headers, said
            self.put_off += 1
            await asyncio.sleep(float(headers["Retry-After"]))


class Counted:
    """Users who change one address again and again, and read nothing: the new event type is about them. taken: by user, the
    titles that were answered 200 or 202, in their order."""

    def __init__(self, session: aiohttp.ClientSession, accounts: Sequence[Account]) -> None:
        self._load = Patient(session, accounts, ())
        self._accounts = accounts
        self._ending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.taken: dict[str, list[str]] = {account.address_id: [] for account in accounts}

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._change(account)) for account in self._accounts]

    async def stop(self) -> None:
        """Returns when every request has its answer. Raises RuntimeError for one that was refused."""
        self._ending.set()
        await asyncio.gather(*self._tasks)

    async def _change(self, account: Account) -> None:
        n = 0
        while not self._ending.is_set():
            n += 1
            title = f"{next_release.COUNTED} {n}"
            asked: Wanted = ("PUT", f"/addresses/{account.address_id}", HOME | {"title": title})
            status, _, body = await self._load.request(account, f"counted-{account.address_id}-{n}", *asked)
            if status not in (200, 202):
                raise RuntimeError(f"PUT {asked[1]}: {status} {body}")
            self.taken[account.address_id].append(title)
