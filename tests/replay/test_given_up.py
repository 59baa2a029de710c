"""A mail that was given up, from end to end: a dead letter of its own bytes, which an engineer sends again."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from infra.stack.stack import Stack
from replay.tools import Tools
from stores.kafka.log import Logged
from tests.deadline import until
from tests.replay.scene import Desk, record, running
from tests.stores.mail_server import Server, serving
from topics.messages import ids

TO = "full@example.com"
BODY = b'{"to":"full@example.com","letter":{"template":"discount","variables":{"title":"t","description":"d"}}}'
DAYS_AGO = "2026-03-01T18:30:00+00:00"


@pytest_asyncio.fixture
async def mailbox(servers: Stack, tools: Tools) -> AsyncGenerator[Server]:
    """One that takes no mail for TO, and the notification domain beside it."""
    async with serving() as server:
        server.mailbox.of[TO] = "452 4.2.2 <full@example.com> mailbox full"
        async with running(servers, "agents", "notification", more={"SMTP_URL": server.url}):
            yield server


async def test_it_comes_out_when_it_is_redriven(desk: Desk, mailbox: Server) -> None:
    id, key = ids.fresh(), f"address:{ids.fresh()}"
    said = {"id": id, "type": "MailRequested", "time": DAYS_AGO, "subject": key, "sequence": "1"}
    await desk.publish(record("notification_events", key, BODY, **said))

    async def given_up() -> Logged | None:
        return next(iter(await desk.all_of("notification_events_dlq", key)), None)

    letter = await until("a dead letter", given_up)
    assert letter.body == BODY
    reason = dict(letter.headers)["dlq_reason"].decode()
    assert reason.startswith("given up: 452 4.2.2 <…> mailbox full (tried 1 times since ") and TO not in reason

    mailbox.mailbox.of.clear()
    code, said_so = await desk.run("dlq", "redrive", "notification_events", "--id", id, "--yes")
    assert (code, said_so.count("sent: ")) == (0, 1), said_so

    def mails() -> list[str]:
        """Not those of messages that other tests have published."""
        return [mail["Message-ID"] for mail in mailbox.mailbox.mails if mail["To"] == TO]

    async def out() -> bool:
        return bool(mails())

    await until("the mail", out)
    assert mails() == [f"<{id}@lezzet>"]
