"""The one template that a publisher may name."""

from datetime import UTC, datetime

import pytest

from agents.notification.effect import Courier
from agents.notification.policy import send_mail
from agents.notification.templates import render
from stores.mail import Mail
from tests.agents.scenario import NOW
from topics.contracts.email_event import (
    DiscountMail,
    DiscountVariables,
    PasswordResetMail,
    TokenVariables,
    VerificationMail,
)
from topics.contracts.notification_commands import SendMail
from topics.contracts.notification_events import Letter, MailRequested
from topics.deciding.decision import Origin
from topics.messages.event import EventMeta
from topics.values import tokens

TOKEN = TokenVariables(token="abc")
CLIENTS = "https://lezzet.example"
ORIGIN = Origin("id", "another system", NOW)


def template_of(mail: VerificationMail | PasswordResetMail | DiscountMail) -> str:
    (send,) = send_mail(mail, ORIGIN)
    assert isinstance(send.message, SendMail)
    return send.message.template


def test_a_reset_mail_may_say_that_there_is_an_account() -> None:
    mail = PasswordResetMail(to="a@b.cc", variables=TOKEN, template="already_registered")
    assert template_of(mail) == "already_registered"


@pytest.mark.parametrize("template", ["", "password_reset", "nonsense", "order_confirmation", "Already_registered"])
def test_any_other_template_name_means_nothing(template: str) -> None:
    assert template_of(PasswordResetMail(to="a@b.cc", variables=TOKEN, template=template)) == "password_reset"


def test_the_name_means_nothing_in_mails_of_other_types() -> None:
    known = "already_registered"
    discount = DiscountVariables(title="t", description="d")
    assert template_of(VerificationMail(to="a@b.cc", variables=TOKEN, template=known)) == "verification"
    assert template_of(DiscountMail(to="a@b.cc", variables=discount, template=known)) == "discount"


def test_the_mail_says_so_and_leads_to_a_new_password() -> None:
    mail = render(Letter(template="already_registered", variables={"token": "a/b"}), CLIENTS)
    assert "account already" in mail.subject and "log in" in mail.text
    assert f"{CLIENTS}/reset-password?token=a%2Fb" in mail.text


async def test_its_token_is_a_token_to_reset() -> None:
    sent: list[Mail] = []

    class Mailer:
        async def send(self, mail: Mail) -> None:
            sent.append(mail)

    key, user, reference = b"k" * 32, "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f", "6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"
    letter = Letter(template="already_registered", variables={"token": tokens.as_reference(user, reference)})
    event = MailRequested(to="a@b.cc", letter=letter)
    await Courier(Mailer(), key, CLIENTS).perform(event, EventMeta("e", "a@b.cc", 1, datetime.now(UTC)))
    assert tokens.mail_token(key, tokens.RESET, user, reference) in sent[0].text
