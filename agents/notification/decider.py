"""Who gets which mail. A letter to a user whose address is not known yet waits for it."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics.decision import Context, Decider, Decision, accept, reject
from topics.fields import normal_email
from topics.notification_commands import Command, ConfirmOrder, RecordFailed, RecordSent, RememberAddress, SendMail
from topics.notification_events import (
    AddressRemembered,
    Event,
    Letter,
    LetterKept,
    MailFailed,
    MailRequested,
    MailSent,
)

MAX_KEPT = 50
"""Letters that wait for an address. More of them are not a user's news but somebody's loop."""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """A user (by id) or an address. email: of a user, once known."""

    email: str | None = None
    kept: tuple[Letter, ...] = ()


def decide(command: Command, recipient: Recipient, facts: None, context: Context) -> Decision[Event]:
    match command:
        case RememberAddress():
            return _remember(command, recipient)
        case SendMail():
            letter = Letter(template=command.template, variables=command.variables, subject=command.subject)
            to = normal_email(command.to) if "@" in command.to else recipient.email
            return _request(letter, to, recipient)
        case ConfirmOrder():
            return _request(_confirmation(command), recipient.email, recipient)
        case RecordSent(mail_id=mail_id):
            return accept(MailSent(mail_id=mail_id))
        case RecordFailed(mail_id=mail_id, reason=reason):
            return accept(MailFailed(mail_id=mail_id, reason=reason))
        case _:
            assert_never(command)


def _remember(command: RememberAddress, recipient: Recipient) -> Decision[Event]:
    email = normal_email(command.email)
    if email == recipient.email:
        return accept()
    waiting = [MailRequested(to=email, letter=letter) for letter in recipient.kept]
    return accept(AddressRemembered(email=email), *waiting)


def _request(letter: Letter, to: str | None, recipient: Recipient) -> Decision[Event]:
    if to is not None:
        return accept(MailRequested(to=to, letter=letter))
    if len(recipient.kept) >= MAX_KEPT:
        return reject("too_many_letters", f"{MAX_KEPT} letters wait for this user's address already")
    return accept(LetterKept(letter=letter))


def _confirmation(command: ConfirmOrder) -> Letter:
    variables = {
        "order_id": command.order_id,
        "restaurant_name": command.restaurant_name,
        "total": f"{command.total:.2f}",
    }
    return Letter(template="order_confirmation", variables=variables)


def evolve(recipient: Recipient, event: Event) -> Recipient:
    match event:
        case AddressRemembered(email=email):
            return Recipient(email=email)
        case LetterKept(letter=letter):
            return replace(recipient, kept=(*recipient.kept, letter))
        case MailRequested() | MailSent() | MailFailed():
            return recipient
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, Recipient, None](state=Recipient, decide=decide, evolve=evolve)
