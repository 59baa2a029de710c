"""The mails of notification and a real mail server that does not take all of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest_asyncio

from agents.notification.effect import Courier
from agents.runtime.reading.effecting import Effecting
from agents.runtime.transport.lease import Lease
from stores.errors import Doubt
from stores.kafka.admin import make_topics
from stores.mail.smtp import Mailer
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.world import Process, World
from tests.deadline import until
from tests.stores.mail_server import Server, serving
from topics.contracts import notification_commands, notification_events
from topics.contracts.notification_events import Letter, MailRequested
from topics.values import tokens

MAILS = 200
SECONDS = 10.0
FULL = "full@example.com"
USER, REFERENCE = "5c0d7a3e-0f35-4f0e-9d41-0d8a0f4f2f11", "6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"


@pytest_asyncio.fixture
async def server() -> AsyncGenerator[Server]:
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def notifier(world: World, server: Server) -> AsyncGenerator["Notifier"]:
    await make_topics(world.settings.kafka, (notification_commands.TOPIC, notification_events.TOPIC))
    mailer = Mailer(server.url)
    yield Notifier(world, await world.process(), mailer)
    await mailer.close()


class Notifier:
    """The effect of notification on one partition."""

    def __init__(self, world: World, process: Process, mailer: Mailer) -> None:
        self.world = world
        self.feed = Feed(notification_events.TOPIC)
        self.group = f"{world.run}.effect"
        courier = Courier(mailer, b"k" * 32, "https://lezzet.example")
        topic = notification_events.TOPIC
        self.work = Effecting(topic, "notification", courier.perform, process.store, process.drain, 8)  # type: ignore[arg-type]

    def ask(self, to: str, template: str = "discount") -> None:
        """For a mail."""
        variables = {"title": "t", "description": "d", "token": tokens.as_reference(USER, REFERENCE)}
        letter = Letter(template=template, variables=variables)
        event = MailRequested(to=to, letter=letter)
        number = len(self.feed.log)
        id = f"{self.world.run} {number}"
        self.feed.event(
            self.world.key(to), 1, id=id, type="MailRequested", body=notification_events.TOPIC.encode(event)
        )

    async def opened(self) -> Lease:
        lease = self.feed.lease(self.group)
        await self.work.open(lease, 0)
        return lease

    async def run(self, lease: Lease) -> None:
        """All that was asked for, with waits after doubt as the runtime has them."""
        batch = self.feed.batch(lease)
        while True:
            try:
                await self.work.run(batch)
                break
            except Doubt:
                await asyncio.sleep(0.05)
        lease.next = batch.next


def recipients(server: Server) -> Sequence[str]:
    return sorted(str(mail["To"]) for mail in server.mailbox.mails)


async def test_a_mailbox_that_takes_nothing_holds_up_no_other(notifier: Notifier, server: Server):
    server.mailbox.of[FULL] = "452 4.2.2 mailbox full"
    for number in range(MAILS):
        notifier.ask(FULL if number == 3 else f"u{number}@example.com")
    working = asyncio.create_task(notifier.run(await notifier.opened()))

    async def out() -> bool:
        return len(server.mailbox.mails) >= MAILS - 1

    try:
        await until(f"{MAILS - 1} mails", out, SECONDS)
    finally:
        working.cancel()
    assert FULL not in recipients(server)
