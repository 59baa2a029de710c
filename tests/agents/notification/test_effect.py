"""What the courier hands to the mail server, and what it reports back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from agents.notification.effect import Courier
from agents.runtime.reading.aside import GiveUp, NotNow
from stores.errors import Unavailable
from stores.mail import Deferred, Mail, Refused
from tests.agents.scenario import ID
from topics.contracts import notification_commands
from topics.contracts.notification_commands import RecordFailed, RecordSent
from topics.contracts.notification_events import Letter, MailRequested
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.values import tokens
from topics.values.languages import LANGUAGES, Language

KEY, ORIGIN = b"k" * 32, "https://lezzet.example"
REFERENCE = "6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"
META = EventMeta("event-1", "ayse@example.com", 1, datetime.now(UTC))


@dataclass
class Postbox:
    """Takes mails, or raises."""

    error: Exception | None = None
    mails: list[Mail] = field(default_factory=list[Mail])

    async def send(self, mail: Mail) -> None:
        if self.error is not None:
            raise self.error
        self.mails.append(mail)


def requested(token: str = "t", template: str = "verification") -> MailRequested:
    return MailRequested(to="ayse@example.com", letter=Letter(template=template, variables={"token": token}))


def reports(message: Message) -> list[Send]:
    return [Send(notification_commands.TOPIC, "ayse@example.com", message)]


async def test_a_mail_goes_out_under_the_events_id_and_is_recorded() -> None:
    postbox = Postbox()
    outcome = await Courier(postbox, KEY, ORIGIN).perform(requested(), META)
    assert list(outcome) == reports(RecordSent(mail_id="event-1"))
    (mail,) = postbox.mails
    assert (mail.id, mail.to) == ("event-1", "ayse@example.com")


@pytest.mark.parametrize(("template", "purpose"), [("verification", tokens.VERIFY), ("password_reset", tokens.RESET)])
async def test_the_token_behind_a_reference_is_only_in_the_mail(template: str, purpose: str) -> None:
    postbox = Postbox()
    reference = tokens.as_reference(ID, REFERENCE)
    await Courier(postbox, KEY, ORIGIN).perform(requested(reference, template), META)
    (mail,) = postbox.mails
    assert f"token={tokens.mail_token(KEY, purpose, ID, REFERENCE)}" in mail.text
    assert "ref:" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_kind_of_a_mail_has_one_name_in_every_language(language: Language) -> None:
    postbox = Postbox()
    for template in ("verification", "password_reset", "already_registered"):
        letter = Letter(template=template, variables={"token": "t"}, language=language)
        await Courier(postbox, KEY, ORIGIN).perform(MailRequested(to=META.aggregate_id, letter=letter), META)
    assert [mail.about for mail in postbox.mails] == ["verify_email", "reset_password", "already_registered"]


async def test_a_token_of_another_system_is_used_as_it_is() -> None:
    postbox = Postbox()
    await Courier(postbox, KEY, ORIGIN).perform(requested("theirs"), META)
    assert "token=theirs" in postbox.mails[0].text


async def test_a_mail_that_is_never_taken_is_recorded_as_failed() -> None:
    outcome = await Courier(Postbox(Refused("550 no such user")), KEY, ORIGIN).perform(requested(), META)
    assert list(outcome) == reports(RecordFailed(mail_id="event-1", reason="550 no such user"))


@pytest.mark.parametrize("event", [requested("ref:half"), requested(template="birthday")])
async def test_a_mail_that_cannot_be_written_is_recorded_as_failed(event: MailRequested) -> None:
    postbox = Postbox()
    (report,) = await Courier(postbox, KEY, ORIGIN).perform(event, META)
    assert isinstance(report.message, RecordFailed) and report.message.reason
    assert postbox.mails == []


async def test_a_server_that_is_down_is_no_outcome() -> None:
    with pytest.raises(Unavailable):
        await Courier(Postbox(Unavailable("smtp", "down")), KEY, ORIGIN).perform(requested(), META)


FULL = Deferred("452 mailbox full")
OFFER = MailRequested(
    to="ayse@example.com", letter=Letter(template="discount", variables={"title": "t", "description": "d"})
)
REFERRED = requested(tokens.as_reference(ID, REFERENCE))


@pytest.mark.parametrize(
    ("event", "life"),
    [
        (requested("theirs"), timedelta(days=1)),
        (OFFER, timedelta(days=1)),
        (REFERRED, timedelta(minutes=15)),
    ],
)
async def test_a_mailbox_that_takes_nothing_is_tried_for_a_day_or_while_the_link_is_valid(
    event: MailRequested, life: timedelta
) -> None:
    with pytest.raises(NotNow, match="452 mailbox full") as caught:
        await Courier(Postbox(FULL), KEY, ORIGIN).perform(event, META)
    assert caught.value.until == META.at + life


async def test_a_mail_with_a_link_that_has_expired_is_given_up() -> None:
    postbox = Postbox()
    with pytest.raises(GiveUp, match="expired"):
        await Courier(postbox, KEY, ORIGIN).perform(REFERRED, replace(META, at=META.at - timedelta(minutes=16)))
    assert postbox.mails == []


async def test_the_mailer_knows_what_no_error_may_show() -> None:
    postbox = Postbox()
    await Courier(postbox, KEY, ORIGIN).perform(REFERRED, META)
    (mail,) = postbox.mails
    assert mail.secret == tokens.mail_token(KEY, tokens.VERIFY, ID, REFERENCE) and mail.secret in mail.text
