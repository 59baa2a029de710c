"""The mailer against a real SMTP server, which is told what to answer."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller

from stores.errors import Unavailable
from stores.mail import Deferred, Mail, Refused, smtp
from stores.mail.smtp import Mailer
from tests.deadline import until
from tests.stores.mail_server import Server, serving

MAIL = Mail(
    id="event-1",
    to="ayse@example.com",
    subject="Hoş geldiniz",
    text="düz yazı",
    html="<p>şık</p>",
    about="verify_email",
)


@pytest_asyncio.fixture
async def server() -> AsyncGenerator[Server]:
    async with serving() as made:
        yield made


@pytest_asyncio.fixture
async def mailer(server: Server) -> AsyncGenerator[Mailer]:
    mailer = Mailer(server.url, connections=8)
    yield mailer
    mailer.close()


async def test_a_mail_arrives_whole(server: Server, mailer: Mailer) -> None:
    await mailer.send(MAIL)
    (mail,) = server.mailbox.mails
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (MAIL.to, MAIL.subject, "<event-1@lezzet>")
    assert mail["Lezzet-About"] == MAIL.about
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


@pytest.mark.parametrize(
    ("where", "answer", "meaning"),
    [
        ("rcpt", "452 mailbox full", Deferred),
        ("data", "451 try later", Deferred),
        ("rcpt", "421 going down", Unavailable),
        ("data", "421 going down", Unavailable),
        ("sender", "451 try later", Unavailable),
        ("sender", "421 going down", Unavailable),
    ],
)
async def test_come_back_later_concerns_the_mail_or_the_server(
    server: Server, mailer: Mailer, where: str, answer: str, meaning: type[Exception]
) -> None:
    setattr(server.mailbox, where, answer)
    with pytest.raises(meaning, match=answer[:3]):
        await mailer.send(MAIL)
    setattr(server.mailbox, where, "250 OK")
    await mailer.send(MAIL)
    assert len(server.mailbox.mails) == 1


async def test_a_mailbox_that_takes_nothing_costs_no_connection(server: Server, mailer: Mailer) -> None:
    server.mailbox.of[MAIL.to] = "452 mailbox full"
    for to in (MAIL.to, "b@example.com", MAIL.to, "c@example.com"):
        try:
            await mailer.send(Mail(id=to, to=to, subject="s", text="t", html="h"))
        except Deferred:
            assert to == MAIL.to
    assert (len(server.mailbox.mails), server.mailbox.connections) == (2, 1)


async def test_a_mailbox_at_which_the_server_is_slow_holds_up_no_other(server: Server, mailer: Mailer) -> None:
    server.mailbox.slow.add(MAIL.to)
    waiting = asyncio.create_task(mailer.send(MAIL))
    for number in range(3):
        await mailer.send(Mail(id=f"e{number}", to="b@example.com", subject="s", text="t", html="h"))
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_recipient_about_whom_nothing_is_answered_concerns_this_mail(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    server.mailbox.slow.add(MAIL.to)
    with pytest.raises(Deferred, match="Timeout"):
        await Mailer(server.url, connections=1).send(MAIL)


async def test_a_server_that_goes_away_in_the_middle_of_a_mail_concerns_all_mails(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    mailer = Mailer(server.url, connections=1)
    server.mailbox.slow.add(MAIL.to)
    waiting = asyncio.create_task(mailer.send(MAIL))

    async def at_the_recipient() -> bool:
        return server.mailbox.waiting

    await until("the server to hear of the recipient", at_the_recipient)
    await asyncio.to_thread(server.controller.stop)
    with pytest.raises(Unavailable):
        await waiting


async def test_a_recipient_at_whom_the_server_hangs_up_concerns_this_mail(server: Server, mailer: Mailer) -> None:
    server.mailbox.of[MAIL.to] = ""
    with pytest.raises(Deferred):
        await mailer.send(MAIL)
    await mailer.send(Mail(id="e2", to="b@example.com", subject="s", text="t", html="h"))
    assert len(server.mailbox.mails) == 1


@pytest.mark.parametrize("answer", ["550", "452", "421"])
async def test_no_error_shows_the_address_or_the_secret(server: Server, mailer: Mailer, answer: str) -> None:
    server.mailbox.data = f"{answer} <{MAIL.to}> content rejected: https://l/?token=gizli%2Fli gizli/li"
    mail = Mail(id="e", to=MAIL.to, subject="s", text="t", html="h", secret="gizli/li")
    with pytest.raises((Refused, Deferred, Unavailable), match="content rejected") as caught:
        await mailer.send(mail)
    assert "gizli" not in str(caught.value) and MAIL.to not in str(caught.value)


async def test_a_server_that_is_down_is_unavailable(server: Server) -> None:
    url = server.url
    server.controller.stop()
    with pytest.raises(Unavailable):
        await Mailer(url, connections=1).send(MAIL)


async def test_a_server_that_went_away_between_mails_is_asked_anew(server: Server, mailer: Mailer) -> None:
    await mailer.send(MAIL)
    port = server.controller.port
    server.controller.stop()
    with pytest.raises(Unavailable):
        await mailer.send(MAIL)
    again = Controller(server.mailbox, hostname="127.0.0.1", port=port, ready_timeout=60)
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
