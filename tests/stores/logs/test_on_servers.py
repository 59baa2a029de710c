"""The logs' whole way on the real servers: a line that is logged is found, once, whoever is away meanwhile."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import aio_pika
import pytest
import pytest_asyncio

from agents.logs import taking
from agents.logs.taking import LogAgent
from infra.stack import product
from infra.stack.stack import Stack
from replay.__main__ import parsed
from replay.questions import logs as command
from replay.tools import Tools
from stores.ending import end
from stores.errors import Unavailable
from stores.logs.document import NOT_JSON, TOO_LONG
from stores.logs.index import STREAM, LogIndex, too_old
from stores.logs.lines import Line, Lines
from stores.logs.searching import Asked, Found, search
from stores.logs.shipping import shipping
from stores.logs.topology import EXCHANGE
from stores.settings import Settings, load
from tests.deadline import until, within

LONG = 60.0  # seconds, where a server comes back


class Way:
    """A process that ships, and what is found of its lines."""

    def __init__(self, settings: Settings, index: LogIndex, lines: Lines) -> None:
        self.settings = settings
        self.index = index
        self.lines = lines
        self._at = datetime.now(UTC)
        self.mark = f"mark{uuid.uuid4().hex[:12]}"

    def log(self, event: str, level: str = "info", domain: str = "order", **more: Any) -> None:
        said = {"event": event, "level": level, "domain": domain, "process": "tests", "mark": self.mark, **more}
        self._at += timedelta(milliseconds=1)  # lines of the same millisecond have no order
        said["timestamp"] = self._at.isoformat(timespec="milliseconds")
        self.lines.offer(Line(level, domain, json.dumps(said).encode()))

    async def found(self, **asked: Any) -> list[Found]:
        try:
            return await search(self.index, Asked(words=self.mark, **asked), 1000)
        except Unavailable:
            return []

    async def events(self, **asked: Any) -> list[str]:
        return sorted(each.line["event"] for each in await self.found(**asked))

    async def has(self, *events: str, seconds: float = LONG) -> None:
        wanted, there = sorted(events), list[str]()

        async def found() -> bool:
            there[:] = await self.events()
            return there == wanted

        try:
            await until("the lines", found, seconds)
        except AssertionError:
            raise AssertionError(f"expected {wanted}, found {there}") from None


@pytest_asyncio.fixture(loop_scope="session")
async def settings(servers: Stack, elastic: str) -> Settings:
    return load(servers.environment())


@asynccontextmanager
async def log_agent(settings: Settings) -> AsyncGenerator[LogAgent]:
    made = LogAgent(settings)
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        await end(running)


@pytest_asyncio.fixture(loop_scope="session")
async def way(settings: Settings) -> AsyncGenerator[Way]:
    lines = Lines()
    async with Tools(settings).logs() as index, shipping(settings.rabbit, "tests", lines):
        yield Way(settings, index, lines)


async def test_a_planted_line_is_found_with_all_that_it_says(way: Way) -> None:
    async with log_agent(way.settings):
        way.log("planted", "warning", topic="order_commands", offset=7)
        await way.has("planted")
    (found,) = await way.found()
    assert (found.line["level"], found.line["domain"], found.line["process"]) == ("warning", "order", "tests")
    assert found.line["fields"] == {"mark": way.mark, "topic": "order_commands", "offset": "7"}


async def test_lines_are_found_by_words_level_domain_and_time(way: Way) -> None:
    async with log_agent(way.settings):
        way.log("one", "info", "order")
        way.log("two", "error", "order", why="the oven broke")
        way.log("three", "critical", "basket")
        await way.has("one", "two", "three")
    assert await way.events(level="error") == ["three", "two"]
    assert await way.events(domain="order") == ["one", "two"]
    assert await way.events(process="nobody") == []
    assert await way.events(since=datetime(2999, 1, 1, tzinfo=UTC)) == []
    assert await way.events(until=datetime(1999, 1, 1, tzinfo=UTC)) == []
    for words, events in {
        f"{way.mark} broke oven": ["two"],
        f'{way.mark} "oven broke"': ["two"],
        f'{way.mark} "broke oven"': [],
        f"{way.mark} ov*": ["two"],
        f"{way.mark} -oven": ["one", "three"],
    }.items():
        found = await search(way.index, Asked(words=words), 9)
        assert sorted(each.line["event"] for each in found) == events, words
    assert [each.line["event"] for each in await search(way.index, Asked(words=way.mark), 2)] == ["two", "three"]


async def test_elasticsearch_away_and_back(way: Way, servers: Stack) -> None:
    async with log_agent(way.settings) as agent:
        way.log("before")
        await way.has("before")
        await servers.stop("elastic")
        for n in range(300):
            way.log(f"during {n}")

        async def noticed() -> bool:
            return agent.away is not None and not len(way.lines)

        await until("the log agent to say so, and RabbitMQ to have the lines", noticed, LONG)
        await servers.start("elastic")
        await way.has("before", *(f"during {n}" for n in range(300)))
        assert agent.away is None


async def test_rabbitmq_away_and_back(way: Way, servers: Stack) -> None:
    async with log_agent(way.settings):
        way.log("before")
        await way.has("before")
        await servers.stop("rabbit")
        for n in range(300):
            way.log(f"during {n}")
        assert len(way.lines) >= 300 and way.lines.dropped == 0
        await servers.start("rabbit")
        await way.has("before", *(f"during {n}" for n in range(300)))


async def test_a_log_agent_that_ends_in_the_middle_loses_and_doubles_nothing(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 20)
    for n in range(200):
        way.log(f"line {n}")
    async with log_agent(way.settings):

        async def some() -> bool:
            return len(await way.found()) > 0

        await until("the first lines", some, LONG)
    async with log_agent(way.settings):
        await way.has(*(f"line {n}" for n in range(200)))


async def test_what_does_not_fit_into_rabbitmq_waits_in_the_process(way: Way) -> None:
    """A queue that refuses refuses for all: so does ours when it is full."""
    connection = await aio_pika.connect(way.settings.rabbit)
    async with connection:
        channel = await connection.channel()
        full: dict[str, Any] = {"x-max-length": 1, "x-overflow": "reject-publish"}
        queue = await channel.declare_queue(f"tests.{way.mark}", durable=True, arguments=full)
        await queue.bind(EXCHANGE, "#")
        for n in range(30):
            way.log(f"line {n}")

        async def refused() -> bool:
            there = await channel.declare_queue(queue.name, passive=True)
            return len(way.lines) > 0 and (there.declaration_result.message_count or 0) > 0

        await until("the queue to be full", refused, LONG)
        assert way.lines.dropped == 0
        await queue.delete(if_unused=False, if_empty=False)
        async with log_agent(way.settings):
            await way.has(*(f"line {n}" for n in range(30)))


async def test_others_read_one_json_line_a_message_by_domain_and_level(way: Way) -> None:
    connection = await aio_pika.connect(way.settings.rabbit)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EXCHANGE, "order.error")
        way.log("not this one", "info", "order")
        way.log("nor this one", "error", "basket")
        way.log("this one", "error", "order")
        async with queue.iterator() as messages:
            message = await within("the message", anext(messages))
            await message.ack()
    assert message.routing_key == "order.error"
    assert json.loads(message.body)["event"] == "this one"


async def test_what_others_publish_is_indexed_whatever_it_is(way: Way) -> None:
    connection = await aio_pika.connect(way.settings.rabbit)
    async with connection, log_agent(way.settings):
        channel = await connection.channel()
        logs = await channel.get_exchange(EXCHANGE)
        huge = {
            "event": "huge",
            "mark": way.mark,
            "deep": [[[[[[[[[[[[1]]]]]]]]]]]],
            "text": "x" * 100_000,
            "": 1,
            "\0": 2,
            "n" * 50_000: 3,
        }
        bodies = (
            json.dumps({"event": "theirs", "mark": way.mark}).encode(),
            json.dumps(huge).encode(),
            json.dumps({"event": {"an": "object"}, "level": ["w"], "timestamp": 7, "mark": way.mark}).encode(),
            f"plain text {way.mark} \xff".encode("latin-1"),
            b"",
            json.dumps({"event": "endless", "mark": way.mark, "why": "x" * 1_000_000}).encode(),
        )
        for body in bodies:
            await logs.publish(aio_pika.Message(body), "their.shop.error")
        await way.has("theirs", "huge", "{'an': 'object'}", NOT_JSON, TOO_LONG)


async def test_old_indices_are_removed_as_a_whole_and_the_stream_goes_on(way: Way) -> None:
    documents = way.index._documents
    async with log_agent(way.settings):
        way.log("old")
        await way.has("old")
        await documents.roll_over(STREAM, {"max_docs": 1})
        way.log("new")
        await way.has("old", "new")
        names = [*await documents.indices(f".ds-{STREAM}-*")]
        assert len(names) >= 2
        old = too_old(names, date(2999, 1, 1))
        assert old == names[:-1], "the names are understood"
        await documents.remove(old)
        await way.has("new")
        assert await way.index.turn() == [], "a day has not passed"
        way.log("newer")
        await way.has("new", "newer")


async def test_a_process_ships_its_own_lines_and_says_that_it_is_well(way: Way, servers: Stack) -> None:
    begun = datetime.now(UTC)
    child = servers.supervisor.start(product.logs(servers.site))
    try:
        await child.until_ready()

        async def found() -> list[Found]:
            asked = Asked(words="logs_starting", process="logs", since=begun)
            with contextlib.suppress(Unavailable):  # its index is being made
                return await search(way.index, asked, 9)
            return []

        (line,) = await until("its first line", found, LONG)
        assert (line.line["domain"], line.line["level"]) == ("logs", "info")
        way.log("by the process")
        await way.has("by the process")
    finally:
        await servers.stop("logs")


# -- ./lezzet logs


async def run(way: Way, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    _, do, said = parsed(("logs", *arguments))
    capsys.readouterr()
    assert await do(Tools(way.settings), said) == 0
    return capsys.readouterr().out.splitlines()


async def test_the_command_prints_them_without_driving_the_terminal(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    async with log_agent(way.settings):
        way.log("first", why="\x1b[2J\nsecond line\u202e")
        way.log("second", "error")
        await way.has("first", "second")
    text = await run(way, capsys, "--query", way.mark)
    assert [line.split()[3] for line in text] == ["first", "second"]
    assert len(text) == 2 and "\x1b" not in text[0] and "\u202e" not in text[0]
    (said,) = map(json.loads, await run(way, capsys, "--query", way.mark, "--level", "error", "--json"))
    assert (said["event"], said["fields"]["mark"]) == ("second", way.mark)
    assert len(await run(way, capsys, "--query", way.mark, "--count", "1")) == 1
    _, do, said = parsed(("logs", "--query", f"no{way.mark}"))
    assert await do(Tools(way.settings), said) == 0
    nothing = capsys.readouterr()
    assert (nothing.out, nothing.err.count("\n")) == ("", 1) and "no line is like that" in nothing.err


async def test_it_follows(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    _, do, said = parsed(("logs", "--query", way.mark, "--follow"))
    out: list[str] = []

    async def printed(*events: str) -> None:
        async def there() -> bool:
            said = capsys.readouterr().out.splitlines()
            out.extend(line for line in said if way.mark in line)  # this process logs to stdout, too
            return sorted(line.split()[3] for line in out) == sorted(events)

        await until(f"{events}, there are {out}", there, LONG)

    async with log_agent(way.settings):
        way.log("first")
        await way.has("first")
        following = asyncio.ensure_future(do(Tools(way.settings), said))
        await printed("first")
        way.log("second")
        await printed("first", "second")
        way.log("third")
        await printed("first", "second", "third")
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(
    "wrong", [("--since", "yesterday"), ("--until", "10"), ("--count", "0"), ("--count", "10001"), ("--domain", "ordr")]
)
async def test_what_makes_no_sense_is_named(way: Way, wrong: tuple[str, str]) -> None:
    _, do, said = parsed(("logs", *wrong))
    with pytest.raises(command.BadArgument, match=f"{wrong[0]}|no domain 'ordr'; did you mean order"):
        await do(Tools(way.settings), said)
