from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.notification.decider import DECIDER, MAX_KEPT
from agents.notification.policy import remember_address, send_mail
from agents.notification.recipient import key_of
from tests.agents import scenario
from tests.agents.scenario import ID, NOW
from topics.contracts import notification_commands
from topics.contracts.email_event import (
    DiscountMail,
    DiscountVariables,
    PasswordResetMail,
    TokenVariables,
    VerificationMail,
)
from topics.contracts.notification_commands import ConfirmOrder, RecordFailed, RecordSent, RememberAddress, SendMail
from topics.contracts.notification_events import (
    AddressRemembered,
    Letter,
    LetterKept,
    MailFailed,
    MailRequested,
    MailSent,
    OrderNewsTold,
)
from topics.contracts.user_created import UserCreated
from topics.deciding.decision import Origin, Send
from topics.messages.message import Message, Undecodable
from topics.values.languages import Language

EMAIL = "ayse@example.com"
CONFIRM = ConfirmOrder(order_id="o-1", restaurant_id="r-1", restaurant_name="Mahmut", total=52_090)
CONFIRMATION = Letter(
    template="order_confirmation",
    variables={"order_id": "o-1", "restaurant_id": "r-1", "restaurant_name": "Mahmut", "total": "520.90"},
    language="tr",
)
TOLD = OrderNewsTold(letter=CONFIRMATION)
NEWS = Letter(template="discount", variables={"title": "t", "description": "d"}, subject="s")
TURKISH_NEWS = replace(NEWS, language="tr")


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def news(to: str) -> SendMail:
    return SendMail(to=to, template="discount", variables={"title": "t", "description": "d"}, subject="s")


def test_a_mail_to_an_address_is_requested_at_once() -> None:
    given().when(news("Ayse@Example.com ")).then(MailRequested(to=EMAIL, letter=NEWS))


def test_a_mail_to_a_user_goes_to_the_known_address() -> None:
    given(AddressRemembered(email=EMAIL)).when(news(ID)).then(MailRequested(to=EMAIL, letter=TURKISH_NEWS))


def test_an_order_is_confirmed_to_the_known_address() -> None:
    given(AddressRemembered(email=EMAIL)).when(CONFIRM).then(TOLD, MailRequested(to=EMAIL, letter=CONFIRMATION))


@pytest.mark.parametrize(
    ("command", "events"),
    [(news(ID), [LetterKept(letter=NEWS)]), (CONFIRM, [TOLD, LetterKept(letter=CONFIRMATION)])],
)
def test_a_letter_waits_for_an_address(command: Message, events: list[Message]) -> None:
    given().when(command).then(*events)


def test_waiting_letters_go_out_once_in_their_order() -> None:
    outcome = given(LetterKept(letter=NEWS), LetterKept(letter=CONFIRMATION)).when(
        RememberAddress(email="AYSE@example.com")
    )
    outcome.then(
        AddressRemembered(email=EMAIL),
        MailRequested(to=EMAIL, letter=TURKISH_NEWS),
        MailRequested(to=EMAIL, letter=CONFIRMATION),
    )
    scenario.Given(DECIDER, outcome.state).when(RememberAddress(email="new@example.com")).then(
        AddressRemembered(email="new@example.com")
    )


def test_a_known_address_is_nothing_new() -> None:
    given(AddressRemembered(email=EMAIL)).when(RememberAddress(email=EMAIL)).then_nothing()


def test_waiting_has_an_end() -> None:
    kept = [LetterKept(letter=NEWS)] * MAX_KEPT
    given(*kept).when(CONFIRM).then_rejected("too_many_letters")


def test_outcomes_are_recorded() -> None:
    given().when(RecordSent(mail_id="m")).then(MailSent(mail_id="m"))
    given().when(RecordFailed(mail_id="m", reason="550")).then(MailFailed(mail_id="m", reason="550"))


# -- intake

ORIGIN = Origin(id="m-1", source="other", at=NOW, aggregate_id="o-1", key="a key not to be trusted")


def sends(key: str, message: Message) -> list[Send]:
    return [Send(notification_commands.TOPIC, key, message)]


@pytest.mark.parametrize(
    ("mail", "template", "variables"),
    [
        (VerificationMail(to=EMAIL, variables=TokenVariables(token="t")), "verification", {"token": "t"}),
        (PasswordResetMail(to=EMAIL, variables=TokenVariables(token="t")), "password_reset", {"token": "t"}),
        (
            DiscountMail(to=EMAIL, variables=DiscountVariables(title="a", description="b"), template="theirs"),
            "discount",
            {"title": "a", "description": "b"},
        ),
    ],
)
def test_a_mail_is_for_whom_its_body_names(mail: Any, template: str, variables: dict[str, str]) -> None:
    expected = SendMail(to=EMAIL, template=template, variables=variables)
    assert list(send_mail(mail, ORIGIN)) == sends(key_of(EMAIL), expected)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("", "en"),
        ("tr", "tr"),
        (" TR-tr", "tr"),
        ("en-GB", "en"),
        ("de", "en"),
        ("trk", "en"),
        ("Türkçe", "en"),
        ("-", "en"),
    ],
)
def test_a_mail_to_an_address_is_in_the_language_that_its_publisher_says(said: str, language: Language) -> None:
    mail = VerificationMail(to=EMAIL, variables=TokenVariables(token="t"), language=said)
    (sent,) = send_mail(mail, ORIGIN)
    assert isinstance(sent.message, SendMail)
    assert sent.message.language == language
    letter = Letter(template="verification", variables={"token": "t"}, language=language)
    given().when(sent.message).then(MailRequested(to=EMAIL, letter=letter))


def test_a_command_of_before_mails_had_a_language_asks_for_an_english_one() -> None:
    old = b'{"to":"ayse@example.com","template":"verification","variables":{"token":"t"},"subject":""}'
    outcome = given().when(msgspec.json.decode(old, type=SendMail))
    outcome.then(
        MailRequested(to=EMAIL, letter=Letter(template="verification", variables={"token": "t"}, language="en"))
    )


def test_a_mail_to_a_user_is_in_the_language_of_the_preferences_whatever_its_publisher_says() -> None:
    discount = DiscountMail(to=ID, variables=DiscountVariables(title="a", description="b"), language="en")
    (sent,) = send_mail(discount, ORIGIN)
    (requested,) = given(AddressRemembered(email=EMAIL)).when(sent.message).decision.events
    assert isinstance(requested, MailRequested) and requested.letter.language == "tr"


def test_addresses_are_one_recipient_however_they_are_written() -> None:
    mail = VerificationMail(to=" Ayse@EXAMPLE.com", variables=TokenVariables(token="t"), subject="s")
    (sent,) = send_mail(mail, ORIGIN)
    assert sent.key == key_of(EMAIL)


def test_a_mail_to_a_user_is_for_that_user() -> None:
    mail = DiscountMail(to=ID, variables=DiscountVariables(title="a", description="b"))
    (sent,) = send_mail(mail, ORIGIN)
    assert sent.key == ID


def test_the_address_of_an_account_is_remembered() -> None:
    expected = sends(ID, RememberAddress(email=EMAIL))
    assert list(remember_address(UserCreated(id=ID, email=EMAIL), ORIGIN)) == expected
    assert list(remember_address(UserCreated(user_id=ID, email=EMAIL), ORIGIN)) == expected


def test_an_account_without_an_address_is_nothing_to_remember() -> None:
    assert list(remember_address(UserCreated(id=ID), ORIGIN)) == []


@pytest.mark.parametrize("message", [UserCreated(email=EMAIL), UserCreated(id=ID, user_id="x", email=EMAIL)])
def test_an_account_of_nobody_or_of_two_is_refused(message: UserCreated) -> None:
    with pytest.raises(Undecodable):
        list(remember_address(message, ORIGIN))
