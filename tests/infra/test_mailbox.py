import asyncio
import signal
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from aiohttp.test_utils import TestClient, TestServer

from infra.cli import mail
from infra.failure import CannotStart
from infra.mailbox import store as module
from infra.mailbox.page import application
from infra.mailbox.store import MailStore
from infra.stack.stack import Stack


def message(to: str, token: str = "a_b-1") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "lezzet@example.com", to, "Hoş geldiniz"
    made["Message-ID"] = "<1@lezzet>"
    made.set_content(f"Open http://localhost:3000/auth/verify-email?token={token}\n")
    made.add_alternative("<p>Çok <script>alert(1)</script>güzel</p>", subtype="html")
    return made


def deliver(servers: Stack, made: EmailMessage) -> None:
    at = urlsplit(servers.endpoints.smtp)
    with smtplib.SMTP(str(at.hostname), at.port or 0) as client:
        client.send_message(made)


async def test_a_mail_that_was_taken_is_shown_also_after_a_kill(servers: Stack):
    await asyncio.to_thread(deliver, servers, message("ayse@example.com"))
    await servers.stop("mailbox", signal.SIGKILL)
    await servers.start("mailbox")
    (shown,) = await asyncio.to_thread(mail.received, servers.endpoints.mail, "Ayse@example.com")
    assert shown["to"] == "ayse@example.com"
    assert shown["subject"] == "Hoş geldiniz"
    assert "verify-email?token=a_b-1" in shown["text"]
    assert "güzel" in shown["html"]
    assert shown["message_id"] == "<1@lezzet>"
    assert shown["at"].endswith("Z")


async def test_the_token_of_the_newest_link_is_printed(servers: Stack, capsys: pytest.CaptureFixture[str]):
    for token in ("old", "new"):
        await asyncio.to_thread(deliver, servers, message("token@example.com", token))
    said = ["--data", str(servers.site.data.root), "--to", "token@example.com", "--token"]
    assert await asyncio.to_thread(mail.main, said) == 0
    assert capsys.readouterr().out == "new\n"


async def test_a_mail_is_found_by_its_subject_and_by_its_kind_in_every_language(servers: Stack):
    made = message("kind@example.com")
    made["Lezzet-About"] = "verify_email"
    await asyncio.to_thread(deliver, servers, made)
    for about, count in (("hoş", 1), ("Verify", 1), ("verify_email", 1), ("reset", 0)):
        found = await asyncio.to_thread(mail.received, servers.endpoints.mail, "kind@example.com", about)
        assert len(found) == count, about


async def test_without_a_mail_there_is_no_token(servers: Stack):
    with pytest.raises(CannotStart, match="no mail with a token to nobody"):
        await asyncio.to_thread(mail.newest_token, servers.endpoints.mail, "nobody@example.com", within=0)


async def test_the_page_shows_a_mail_and_runs_nothing_of_it(servers: Stack):
    await asyncio.to_thread(deliver, servers, message("page@example.com"))
    page = await asyncio.to_thread(lambda: urlopen(servers.endpoints.mail).read().decode())
    assert "page@example.com" in page
    assert "<script>" not in page
    link = "http://localhost:3000/auth/verify-email?token=a_b-1"
    assert f'<a href="{link}" target="_blank" rel="noreferrer">{link}</a>' in page


async def test_what_a_mail_says_in_html_may_open_links_beside_the_page_and_nothing_else(tmp_path: Path):
    store = MailStore(tmp_path)
    made = message("frame@example.com")
    store.add("", ["frame@example.com"], made.as_bytes())
    async with TestClient(TestServer(application(store))) as client:
        page = await (await client.get("/")).text()
    assert '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "&lt;base target=&quot;_blank&quot;&gt;&lt;p&gt;Çok" in page


async def test_mails_are_shown_under_no_name_but_this_machines(tmp_path: Path):
    store = MailStore(tmp_path)
    store.add("", ["a@example.com"], b"Subject: token\r\n\r\nhttp://localhost:3000/reset?token=x")
    async with TestClient(TestServer(application(store))) as client:
        for host, status in (
            ("127.0.0.1:21080", 200), ("localhost:21080", 200), ("[::1]:21080", 200), ("rebound.example:21080", 421),
            ("localhost.rebound.example", 421), ("[", 421),
        ):  # fmt: skip
            for path in ("/", "/messages"):
                answer = await client.get(path, headers={"Host": host})
                assert (answer.status, "token=x" in await answer.text()) == (status, status == 200), host


async def test_a_hostile_text_stays_text(tmp_path: Path):
    store = MailStore(tmp_path)
    store.add(
        "",
        ["a@example.com"],
        b'Subject: <b>\r\n\r\nsee (https://a.example/?x="onclick=y&z<i>), or javascript:alert(1).',
    )
    async with TestClient(TestServer(application(store))) as client:
        page = await (await client.get("/")).text()
    assert "<h2>&lt;b&gt;</h2>" in page
    assert (
        '(<a href="https://a.example/?x=" target="_blank" rel="noreferrer">https://a.example/?x=</a>&quot;onclick'
        in page
    )
    assert "<i>" not in page and 'href="javascript' not in page


def test_mails_are_in_the_order_of_their_arrival(tmp_path: Path):
    store = MailStore(tmp_path)
    for number in range(5):
        store.add("", ["a@example.com"], f"Subject: {number}\r\n\r\n".encode())
    assert [mail.subject for mail in store.all()] == list("01234")


def test_a_mail_to_several_is_found_by_each(tmp_path: Path):
    store = MailStore(tmp_path)
    store.add("", ["a@example.com", "b@example.com"], b"Subject: both\r\n\r\nhi")
    assert [mail.to for mail in store.all("b@example.com")] == ["a@example.com, b@example.com"]
    assert store.all("c@example.com") == []


@pytest.mark.parametrize(
    "said",
    [
        b"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH", b"Message-ID: <\r\n\r\nnuqneH",
        b"Content-Type: text/plain; charset=\"a\0b\"\r\n\r\nnuqneH",
    ],
)  # fmt: skip
def test_a_mail_that_cannot_be_taken_apart_hides_no_other(tmp_path: Path, said: bytes):
    store = MailStore(tmp_path)
    store.add("", ["a@example.com"], said)
    store.add("", ["b@example.com"], b"Subject: whole\r\n\r\nhi")
    broken, whole = store.all()
    assert (broken.to, whole.subject) == ("a@example.com", "whole")
    assert "nuqneH" in broken.text


def test_mails_to_others_are_not_read_for_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store, read = MailStore(tmp_path), list[bytes]()
    for to in ("a@example.com", "b@example.com", "A@example.com"):
        store.add("", [to], b"Subject: x\r\n\r\nDelivered-To: c@example.com")
    whole = module.message_from_bytes

    def noted(content: bytes, *, policy: Any) -> Any:
        read.append(content)
        return whole(content, policy=policy)

    monkeypatch.setattr(module, "message_from_bytes", noted)
    assert [len(store.all(to)) for to in ("a@example.com", "c@example.com", "B@EXAMPLE.com")] == [2, 0, 1]
    assert len(read) == 3
