"""A recipient who is erased gets no mail any more; an address that is registered anew does."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from agents.notification.decider import DECIDER
from agents.notification.policy import erase, react
from agents.notification.recipient import Recipient, key_of
from agents.notification.voided import unless_voided
from stores.protocol import DomainStore, Stored
from tests.agents import scenario
from tests.agents.notification.test_decider import CONFIRM, EMAIL, NEWS, ORIGIN, news
from tests.agents.scenario import ID, LATER, NOW
from topics.contracts import notification_commands, notification_events
from topics.contracts.notification_commands import EraseRecipient, RecordFailed, RecordSent, RememberAddress, VoidMails
from topics.contracts.notification_events import (
    AddressRemembered,
    Event,
    LetterKept,
    MailRequested,
    MailSent,
    MailsVoided,
    RecipientErased,
)
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.messages.message import Message

ERASE = EraseRecipient(erased_at=NOW)
ERASED = RecipientErased(erased_at=NOW)
REQUESTED = MailRequested(to=EMAIL, letter=NEWS)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def test_the_address_and_waiting_letters_are_forgotten() -> None:
    outcome = given(AddressRemembered(email=EMAIL)).when(ERASE, caller=None)
    outcome.then(RecipientErased(erased_at=NOW, email=EMAIL))
    assert outcome.state == Recipient(voided=NOW, erased=True)
    assert given(LetterKept(letter=NEWS)).when(ERASE, caller=None).then(ERASED).state.kept == ()


def test_the_address_is_not_on_the_topic() -> None:
    assert EMAIL.encode() not in notification_events.TOPIC.encode(RecipientErased(erased_at=NOW, email=EMAIL))


@pytest.mark.parametrize("late", [ERASE, news(ID), CONFIRM, RememberAddress(email=EMAIL)])
def test_nothing_is_sent_or_remembered_after_it(late: Message) -> None:
    given(AddressRemembered(email=EMAIL), ERASED).when(late, caller=None).then_nothing()


def test_what_became_of_a_mail_that_was_on_its_way_is_recorded() -> None:
    given(ERASED).when(RecordSent(mail_id="m")).then(MailSent(mail_id="m"))


def test_the_address_hears_of_it_under_its_hash() -> None:
    meta = EventMeta("e", ID, 2, LATER)
    void = Send(notification_commands.TOPIC, key_of(EMAIL), VoidMails(until=NOW))
    assert list(react(RecipientErased(erased_at=NOW, email=EMAIL), meta, Recipient())) == [void]
    assert list(react(ERASED, meta, Recipient())) == [], "an address that was never known"
    assert EMAIL not in key_of(EMAIL)


def test_an_address_is_voided_up_to_the_latest_erasure() -> None:
    voided = given().when(VoidMails(until=LATER)).then(MailsVoided(until=LATER)).state
    scenario.Given(DECIDER, voided).when(VoidMails(until=NOW)).then_nothing()
    scenario.Given(DECIDER, voided).when(news(EMAIL)).then(REQUESTED)


def test_an_erased_account_erases_its_recipient() -> None:
    sent = Send(notification_commands.TOPIC, ID, ERASE)
    assert list(erase(UserErased(user_id=ID, erased_at=NOW), ORIGIN)) == [sent]


class _States:
    """Of a store: the state of one recipient."""

    def __init__(self, recipient: Recipient | None) -> None:
        self._recipient = recipient

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        if self._recipient is None:
            return {}
        return dict.fromkeys(ids, Stored(1, msgspec.json.encode(self._recipient).decode()))


@pytest.mark.parametrize(
    ("recipient", "requested_at", "goes_out"),
    [
        (None, NOW, True),
        (Recipient(), NOW, True),
        (Recipient(voided=NOW), NOW - timedelta(seconds=1), False),
        (Recipient(voided=NOW), NOW, False),
        (Recipient(voided=NOW), NOW + timedelta(milliseconds=1), True),
    ],
)
async def test_a_mail_goes_out_unless_it_was_requested_before(
    recipient: Recipient | None, requested_at: Any, goes_out: bool
) -> None:
    sent: list[Event] = []

    async def send(event: Event, meta: EventMeta) -> Iterable[Send]:
        sent.append(event)
        return ()

    perform = unless_voided(send, cast(DomainStore, _States(recipient)))
    outcome = list(await perform(REQUESTED, EventMeta("mail-1", key_of(EMAIL), 1, requested_at)))
    assert sent == ([REQUESTED] if goes_out else [])
    if not goes_out:
        failed = RecordFailed(mail_id="mail-1", reason="its recipient is erased")
        assert outcome == [Send(notification_commands.TOPIC, key_of(EMAIL), failed)]
