"""The mails of notification and a real mail server that does not take all of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller

from agents.notification.effect import Courier
from agents.notification.recipient import Recipient
from agents.notification.voided import unless_voided
from agents.runtime.reading import aside
from agents.runtime.reading.effecting import Effecting
from agents.runtime.transport.lease import Lease
from stores.errors import Doubt
from stores.kafka.admin import make_topics
from stores.mail.smtp import Mailer
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.world import Process, World
from tests.deadline import until, within
from tests.stores.mail_server import Server, serving
from topics.contracts import notification_commands, notification_events
from topics.contracts.notification_events import Letter, MailRequested
from topics.values import tokens

MAILS = 200
SECONDS = 60.0  # the machine may do much else
AT_ONCE = 8
FULL = "full@example.com"
USER, REFERENCE = "5c0d7a3e-0f35-4f0e-9d41-0d8a0f4f2f11", "6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is due again at once."""
    monkeypatch.setattr(aside, "FIRST", timedelta(0))


@pytest_asyncio.fixture
async def server() -> AsyncGenerator[Server]:
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def notifier(world: World, server: Server) -> AsyncGenerator["Notifier"]:
    await make_topics(world.settings.kafka, (notification_commands.TOPIC, notification_events.TOPIC))
    mailer = Mailer(server.url, connections=AT_ONCE)
    yield Notifier(world, await world.process(), mailer)
    mailer.close()


class Notifier:
    """The effect of notification on one partition."""

    def __init__(self, world: World, process: Process, mailer: Mailer) -> None:
        self.world = world
        self.feed = Feed(notification_events.TOPIC)
        self.group = f"{world.run}.effect"
        self.tries = 0  # of a batch
        courier = Courier(mailer, b"k" * 32, "https://lezzet.example")
        send = unless_voided(courier.perform, process.store)  # type: ignore[arg-type]
        self.work = Effecting(
            notification_events.TOPIC, "notification", MailRequested, send, process.store, process.drain, AT_ONCE
        )  # type: ignore[arg-type]

    def ask(self, to: str, template: str = "discount") -> None:
        """For a mail."""
        variables = {"title": "t", "description": "d", "token": tokens.as_reference(USER, REFERENCE)}
        letter = Letter(template=template, variables=variables)
        event = MailRequested(to=to, letter=letter)
        self.feed.event(
            self.world.key(to), 1, id=f"{self.world.run}-{len(self.feed.log)}", type="MailRequested",
            body=notification_events.TOPIC.encode(event), said_at=datetime.now(UTC).isoformat(),
        )  # fmt: skip

    async def opened(self) -> Lease:
        lease = self.feed.lease(self.group)
        await self.work.open(lease, 0)
        return lease

    async def run(self, lease: Lease) -> None:
        """All that was asked for, with waits after doubt as the runtime has them."""
        batch = self.feed.batch(lease)
        while True:
            self.tries += 1
            try:
                await self.work.run(batch)
                break
            except Doubt:
                await asyncio.sleep(0.05)
        lease.next = batch.next

    async def tend(self, lease: Lease) -> None:
        """The idle work, until nothing is set aside."""

        async def nothing_waits() -> bool:
            await self.work.idle([lease])
            return not await self.world.query("select 1 from set_aside where consumer = $1", self.group)

        await until("nothing to be set aside any more", nothing_waits)


def recipients(server: Server) -> Sequence[str]:
    return sorted(str(mail["To"]) for mail in server.mailbox.mails)


async def test_a_mailbox_that_takes_nothing_holds_up_no_other(notifier: Notifier, server: Server):
    server.mailbox.of[FULL] = "452 4.2.2 mailbox full"
    for number in range(MAILS):
        notifier.ask(FULL if number == 3 else f"u{number}@example.com")
    lease = await notifier.opened()
    working = asyncio.create_task(notifier.run(lease))

    async def out() -> bool:
        return len(server.mailbox.mails) >= MAILS - 1

    try:
        await until(f"{MAILS - 1} mails", out, SECONDS)
        await within("an end of the batch", working)
    finally:
        working.cancel()
    assert FULL not in recipients(server)
    server.mailbox.of.clear()
    await notifier.tend(lease)
    assert recipients(server).count(FULL) == 1 and len(server.mailbox.mails) == MAILS


async def test_a_mail_server_that_goes_away_loses_doubles_and_gives_up_nothing(notifier: Notifier, server: Server):
    port = server.controller.port
    for number in range(MAILS):
        notifier.ask(f"u{number}@example.com")
    lease = await notifier.opened()
    working = asyncio.create_task(notifier.run(lease))

    async def some_are_out() -> bool:
        return len(server.mailbox.mails) >= MAILS // 4

    await until("a quarter of the mails", some_are_out)
    await asyncio.to_thread(server.controller.stop)
    tried = notifier.tries

    async def tried_in_vain() -> bool:
        return notifier.tries >= tried + 5

    await until("five tries without a server", tried_in_vain)
    assert not working.done(), "the partition waits"
    again = Controller(server.mailbox, hostname="127.0.0.1", port=port, ready_timeout=60)
    await asyncio.to_thread(again.start)
    try:
        await within("all mails", working)
        await notifier.tend(lease)
    finally:
        await asyncio.to_thread(again.stop)
    got = Counter(str(mail["Message-ID"]) for mail in server.mailbox.mails)
    assert len(got) == MAILS and sum(got.values()) <= MAILS + AT_ONCE, "those were in flight"
    assert await notifier.world.published(notification_events.TOPIC.dead_letters) == []


async def test_a_mail_for_somebody_who_is_erased_while_it_waits_is_not_sent(notifier: Notifier, server: Server):
    server.mailbox.of[FULL] = "452 4.2.2 mailbox full"
    notifier.ask(FULL)
    lease = await notifier.opened()
    await notifier.run(lease)
    state = msgspec.json.encode(Recipient(voided=datetime.now(UTC), erased=True)).decode()
    await notifier.world.query(
        "insert into aggregate (id, version, state) values ($1, 1, $2)", notifier.world.key(FULL), state
    )
    server.mailbox.of.clear()
    await notifier.tend(lease)
    assert server.mailbox.mails == []
