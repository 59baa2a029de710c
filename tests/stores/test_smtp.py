"""The mailer against a real SMTP server, which is told what to answer."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from stores.errors import Unavailable
from stores.mail import Mail, Refused
from stores.mail.smtp import Mailer

MAIL = Mail(id="event-1", to="ayse@example.com", subject="Hoş geldiniz", text="düz yazı", html="<p>şık</p>")


@dataclass
class Mailbox:
    """Answers with the given lines, takes what it answers 250 to, counts connections."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    connections: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

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


@pytest_asyncio.fixture
async def server() -> AsyncGenerator[Server]:
    mailbox = Mailbox()
    controller = AnyPort(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    yield Server(mailbox, controller)
    if controller.server is not None:
        controller.stop()


@pytest_asyncio.fixture
async def mailer(server: Server) -> AsyncGenerator[Mailer]:
    mailer = Mailer(server.url)
    yield mailer
    await mailer.close()


async def test_a_mail_arrives_whole(server: Server, mailer: Mailer) -> None:
    await mailer.send(MAIL)
    (mail,) = server.mailbox.mails
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (MAIL.to, MAIL.subject, "<event-1@lezzet>")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().strip() == MAIL.text
    assert html is not None and html.get_content().strip() == MAIL.html


async def test_a_second_try_has_the_same_message_id(server: Server, mailer: Mailer) -> None:
    await mailer.send(MAIL)
    await mailer.send(MAIL)
    assert {mail["Message-ID"] for mail in server.mailbox.mails} == {"<event-1@lezzet>"}


async def test_one_connection_carries_many_mails(server: Server, mailer: Mailer) -> None:
    for _ in range(5):
        await mailer.send(MAIL)
    assert (len(server.mailbox.mails), server.mailbox.connections) == (5, 1)


@pytest.mark.parametrize("where", ["rcpt", "data"])
async def test_a_refusal_for_good_is_final_and_the_next_mail_goes_out(
    server: Server, mailer: Mailer, where: str
) -> None:
    setattr(server.mailbox, where, "550 no such user")
    with pytest.raises(Refused, match="no such user"):
        await mailer.send(MAIL)
    setattr(server.mailbox, where, "250 OK")
    await mailer.send(MAIL)
    assert len(server.mailbox.mails) == 1


@pytest.mark.parametrize("where", ["rcpt", "data"])
@pytest.mark.parametrize("answer", ["451 try later", "421 going down"])
async def test_come_back_later_is_no_refusal(server: Server, mailer: Mailer, where: str, answer: str) -> None:
    setattr(server.mailbox, where, answer)
    with pytest.raises(Unavailable):
        await mailer.send(MAIL)
    setattr(server.mailbox, where, "250 OK")
    await mailer.send(MAIL)
    assert len(server.mailbox.mails) == 1


async def test_a_server_that_is_down_is_unavailable(server: Server) -> None:
    url = server.url
    server.controller.stop()
    with pytest.raises(Unavailable):
        await Mailer(url).send(MAIL)


async def test_a_server_that_went_away_between_mails_is_asked_anew(server: Server, mailer: Mailer) -> None:
    await mailer.send(MAIL)
    port = server.controller.port
    server.controller.stop()
    with pytest.raises(Unavailable):
        await mailer.send(MAIL)
    again = Controller(server.mailbox, hostname="127.0.0.1", port=port)
    again.start()
    try:
        await mailer.send(MAIL)
    finally:
        again.stop()
    assert len(server.mailbox.mails) == 2


@pytest.mark.parametrize("to", ["no address", "a..b@example.com", "a@b@c.example", "a@", "x@y.zz\r\nBcc: z@y.zz", ""])
async def test_an_address_that_no_mail_can_carry_is_refused(server: Server, mailer: Mailer, to: str) -> None:
    with pytest.raises(Refused):
        await mailer.send(Mail(id="e", to=to, subject="s", text="t", html="h"))
    assert server.mailbox.mails == []


async def test_a_subject_of_two_lines_is_refused(server: Server, mailer: Mailer) -> None:
    with pytest.raises(Refused):
        await mailer.send(Mail(id="e", to=MAIL.to, subject="s\r\nBcc: z@y.zz", text="t", html="h"))
