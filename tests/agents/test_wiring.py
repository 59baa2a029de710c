"""All domains as they are wired: an aggregate changes by commands on its domain's topic and by nothing else."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
import pytest_asyncio

import agents
import topics
from agents.__main__ import compose
from agents.domains import DOMAINS
from agents.provision import views
from agents.runtime.deciding.ahead import Ahead
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.reading.copying import Copying
from agents.runtime.reading.effecting import Effecting
from agents.runtime.reading.indexing import Indexing
from agents.runtime.reading.showing import Showing
from agents.runtime.reading.taking_in import Intake
from agents.runtime.runtime import Runtime
from agents.runtime.transport.work import Work
from http_edge.routing.routes import CommandRow, LiveListRow, LiveRow
from http_edge.web import ROUTES
from replay.shadow.domains import named
from stores.keyring import make_keys
from stores.mail import Mail
from stores.mail.smtp import Mailer
from stores.mongo.photos import Photos
from stores.payment.http import HttpProvider
from stores.postgres.store import PostgresStore
from stores.protocol import Stored
from stores.rabbit import Message as Published
from stores.rabbit import Queue
from stores.rabbit.rabbit import Rabbit
from stores.settings import load
from topics.contracts import all_topics
from topics.contracts.payment_commands import Report
from topics.deciding.decision import Decider, Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.recording.older_forms import version_of

EXAMPLES = Path(topics.__file__).parent / "examples"
TOPICS = all_topics()
NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
META = EventMeta("event-1", "aggregate-1", 1, NOW)
W = TypeVar("W")


@pytest_asyncio.fixture(loop_scope="session")
async def domains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Mapping[str, Runtime]]:
    """Nothing is connected: mails and tickets are as good as sent, a photo is gone from quarantine, the payment provider has
    done what it was asked, and no store knows anything."""

    async def sent(mailer: Mailer, mail: Mail) -> None: ...

    async def published(rabbit: Rabbit, exchange: str, key: str, message: Published) -> None: ...

    async def declared(rabbit: Rabbit, queue: Queue) -> None: ...

    async def no_upload(photos: Photos, upload: str) -> None: ...

    async def paid(provider: HttpProvider, path: str, wish: Any, key: str) -> bytes:
        report = Report(reference=META.aggregate_id, sequence=2, status="captured", amount=36_000, captured=36_000)
        return msgspec.json.encode(report)

    async def no_states(store: PostgresStore, ids: Sequence[str]) -> dict[str, Stored]:
        return {}

    monkeypatch.setattr(Mailer, "send", sent)
    monkeypatch.setattr(Rabbit, "publish", published)
    monkeypatch.setattr(Rabbit, "declare", declared)
    monkeypatch.setattr(Photos, "uploaded", no_upload)
    monkeypatch.setattr(Photos, "drop_upload", no_upload)
    monkeypatch.setattr(HttpProvider, "_done", paid)
    monkeypatch.setattr(PostgresStore, "states", no_states)
    make_keys(tmp_path)
    runtimes = await compose(load({"KEYS_DIR": str(tmp_path)}), DOMAINS)
    yield {runtime.domain: runtime for runtime in runtimes}


def _works(runtime: Runtime) -> Iterator[tuple[str, Work]]:
    for group in runtime.groups():
        yield from group.leases.works.items()


def _of(runtime: Runtime, kind: type[W]) -> dict[str, W]:
    return {topic: work for topic, work in _works(runtime) if isinstance(work, kind)}


def _examples(topic: Topic) -> Iterator[Message]:
    for path in sorted((EXAMPLES / topic.name).glob("*.json")):
        yield topic.decode(path.name.split(".")[0], path.read_bytes(), version_of(topic, path))


async def test_only_a_domains_own_commands_are_decided(domains: Mapping[str, Runtime]):
    for domain, runtime in domains.items():
        decided = _of(runtime, Deciding)
        assert list(decided) == [f"{domain}_commands"]
        roles = decided[f"{domain}_commands"]._roles
        assert (roles.commands.name, roles.events.name) == (f"{domain}_commands", f"{domain}_events")


async def test_what_engineers_ask_of_a_domain_is_what_is_wired(domains: Mapping[str, Runtime]):
    """They find its functions by the names of modules (replay/shadow/domains.py)."""
    for domain, runtime in domains.items():
        asked, wired = named(domain, runtime.settings), _of(runtime, Deciding)[f"{domain}_commands"]._roles
        assert (asked.commands, asked.events, asked.react) == (wired.commands, wired.events, wired.react)
        assert _parts(asked.decider) == _parts(wired.decider)
        shown = [view for work in _of(runtime, Showing).values() for view in work._views.views.values()]
        assert {view.name: view for view in asked.views} == {view.name: view for view in shown}


def _parts(decider: Decider[Any, Any, Any, Any]) -> tuple[Any, ...]:
    """The same where two decide the same; one with settings is made anew each time."""
    decide = decider.decide
    said = (decide.func, decide.args) if isinstance(decide, partial) else decide
    return said, decider.state, decider.evolve, decider.facts, decider.fact_tables, decider.needs, decider.claims


async def test_whatever_else_is_read_is_copied_shown_indexed_taken_in_or_has_effects(domains: Mapping[str, Runtime]):
    """Or it is a command of the domain, and goes on to its topic when it is prepared."""
    for domain, runtime in domains.items():
        others = {type(work) for topic, work in _works(runtime) if topic != f"{domain}_commands"}
        assert others <= {Copying, Showing, Indexing, Intake, Effecting, Ahead}
        assert f"{domain}_commands" not in {
            t for kind in (Copying, Showing, Indexing, Intake, Effecting) for t in _of(runtime, kind)
        }


async def test_somebody_waits_for_every_group_but_those_of_indexes(domains: Mapping[str, Runtime]):
    groups = [group for runtime in domains.values() for group in runtime.groups()]
    assert {group.name for group in groups if not group.awaited} == {"analytics.index"}


async def test_what_is_prepared_ahead_are_commands_of_the_domain_and_go_on_to_its_topic(domains: Mapping[str, Runtime]):
    found = [(domain, topic, work) for domain, of in domains.items() for topic, work in _of(of, Ahead).items()]
    assert [(domain, topic) for domain, topic, _ in found] == [("auth", "auth_hashing")]
    for domain, topic, work in found:
        assert work._onto.name == f"{domain}_commands" and domain in work._onto.producers
        assert set(TOPICS[topic].messages) <= set(work._onto.messages) and TOPICS[topic].append_time


async def test_an_intake_makes_commands_of_its_own_domain_and_trusts_no_key(domains: Mapping[str, Runtime]):
    seen = 0
    for domain, runtime in domains.items():
        for topic, work in _of(runtime, Intake).items():
            for message in _examples(TOPICS[topic]):
                told = [
                    list(work._translate(message, Origin("id-1", "tests", NOW, "aggregate-1", 1, key)))
                    for key in ("somebody-else", None)
                ]
                assert told[0] == told[1], f"{topic}: the publisher's key made a difference"
                seen += _commands_of(domain, told[0])
    assert seen > 3


async def test_an_effect_tells_its_outcome_by_a_command_to_its_own_aggregate(domains: Mapping[str, Runtime]):
    seen = 0
    for domain, runtime in domains.items():
        for topic, work in _of(runtime, Effecting).items():
            for message in (m for m in _examples(TOPICS[topic]) if isinstance(m, work._of)):
                sends = list(await work._performing._perform(message, META))
                assert {send.key for send in sends} <= {META.aggregate_id}
                seen += _commands_of(domain, sends)
    assert seen > 0


def _commands_of(domain: str, sends: list[Send]) -> int:
    for send in sends:
        assert send.topic.name == f"{domain}_commands" and send.key
    return len(sends)


async def test_a_policy_speaks_to_others_and_writes_nobodys_events(domains: Mapping[str, Runtime]):
    public = {name for name in TOPICS if not name.endswith(("_commands", "_events"))}
    heard: set[str] = set()
    for runtime in domains.values():
        for work in _of(runtime, Deciding).values():
            roles = work._roles
            for event in _examples(roles.events) if roles.react is not None else ():
                for send in _reacted(roles, event):
                    heard.add(send.topic.name)
                    assert send.topic.name.endswith("_commands") or send.topic.name in public
                    assert roles.events.domain in send.topic.producers, "the contract knows of it"
    assert {"order_commands", "basket_commands", "user_created", "user_erased", "email_event"} <= heard


def _reacted(roles: Any, event: Message) -> list[Send]:
    return list(roles.react(event, META, roles.decider.state()))


def test_the_edge_sends_commands_and_nothing_else():
    for row in ROUTES:
        if isinstance(row, CommandRow):
            assert row.topic.name.endswith("_commands") and "edge" in row.topic.producers
            through = row.hashed_on or row.topic
            assert "edge" in through.producers and through.consumers == row.topic.consumers


def test_views_that_are_followed_tell_their_changes_and_no_others_do():
    followed = {row.view.name for row in ROUTES if isinstance(row, LiveRow | LiveListRow)}
    assert {view.name for of in views().values() for view in of if view.live} == followed


def test_the_contracts_give_commands_one_reader_and_events_one_writer():
    for name, topic in TOPICS.items():
        if name.endswith("_commands"):
            assert topic.consumers == (topic.domain,)
        if name.endswith("_events"):
            assert topic.producers == (topic.domain,)


def test_states_are_written_in_one_place():
    """The working set of a batch of commands; copies, views, intakes and effects have none."""
    sources = {path.name: path.read_text() for path in Path(agents.__file__).parent.rglob("*.py")}
    assert {name for name, text in sources.items() if "StateWrite" in text} == {"working_set.py"}
    for module in ("working_set", "unit_of_work"):
        using = {name for name, text in sources.items() if f"from agents.runtime.deciding.{module} import" in text}
        assert using and not using & {"copying.py", "showing.py", "taking_in.py", "effecting.py"}
