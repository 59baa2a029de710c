"""A real SMTP server that is told what to answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """Answers with the given lines, takes what it answers 250 to, counts connections.

    sender, rcpt, data: to MAIL, RCPT and DATA. of: recipient → the answer to RCPT, instead of `rcpt`; '' hangs up.
    slow: recipients about whom it does not answer; waiting: it has met one.
    """

    sender: str = "250 OK"
    rcpt: str = "250 OK"
    data: str = "250 OK"
    of: dict[str, str] = field(default_factory=dict[str, str])
    slow: set[str] = field(default_factory=set[str])
    waiting: bool = False
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    connections: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender.startswith("250"):
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        if address in self.slow:
            self.waiting = True
            await asyncio.Event().wait()
        answer = self.of.get(address, self.rcpt)
        if not answer:
            assert server.transport is not None
            server.transport.close()
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message: Any = message_from_bytes(envelope.content, policy=policy.default)
            self.mails.append(message)
        return self.data


@dataclass
class Server:
    mailbox: Mailbox
    controller: Controller

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]


class AnyPort(Controller):
    """Port 0: the base class's own first connection would knock at port 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@asynccontextmanager
async def serving() -> AsyncGenerator[Server]:
    """It may be stopped meanwhile."""
    mailbox = Mailbox()
    controller = AnyPort(mailbox, hostname="127.0.0.1", port=0, ready_timeout=60)
    controller.start()
    yield Server(mailbox, controller)
    if controller.server is not None:
        controller.stop()
