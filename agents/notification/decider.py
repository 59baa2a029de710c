"""Who gets which mail. A letter to a user whose address is not known yet waits for it. An erased user gets none."""

from typing import assert_never

from msgspec.structs import replace

from agents.notification.recipient import Recipient
from topics.contracts.notification_commands import (
    Command,
    ConfirmOrder,
    EraseRecipient,
    RecordFailed,
    RecordSent,
    RememberAddress,
    SendMail,
    VoidMails,
)
from topics.contracts.notification_events import (
    AddressRemembered,
    Event,
    Letter,
    LetterKept,
    MailFailed,
    MailRequested,
    MailSent,
    MailsVoided,
    RecipientErased,
)
from topics.deciding.decision import Context, Decider, Decision, accept, reject
from topics.values.fields import normal_email
from topics.values.kurus import lira

MAX_KEPT = 50
"""Letters that wait for an address. More of them are not a user's news but somebody's loop."""


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
        case EraseRecipient(erased_at=at):
            return accept() if recipient.erased else accept(RecipientErased(erased_at=at, email=recipient.email or ""))
        case VoidMails(until=until):
            known = recipient.voided is not None and recipient.voided >= until
            return accept() if known else accept(MailsVoided(until=until))
        case _:
            assert_never(command)


def _remember(command: RememberAddress, recipient: Recipient) -> Decision[Event]:
    email = normal_email(command.email)
    if recipient.erased or email == recipient.email:
        return accept()
    waiting = [MailRequested(to=email, letter=letter) for letter in recipient.kept]
    return accept(AddressRemembered(email=email), *waiting)


def _request(letter: Letter, to: str | None, recipient: Recipient) -> Decision[Event]:
    if recipient.erased:
        return accept()
    if to is not None:
        return accept(MailRequested(to=to, letter=letter))
    if len(recipient.kept) >= MAX_KEPT:
        return reject("too_many_letters", f"{MAX_KEPT} letters wait for this user's address already")
    return accept(LetterKept(letter=letter))


def _confirmation(command: ConfirmOrder) -> Letter:
    variables = {
        "order_id": command.order_id,
        "restaurant_name": command.restaurant_name,
        "total": lira(command.total),
    }
    return Letter(template="order_confirmation", variables=variables)


def evolve(recipient: Recipient, event: Event) -> Recipient:
    match event:
        case AddressRemembered(email=email):
            return replace(recipient, email=email, kept=())
        case LetterKept(letter=letter):
            return replace(recipient, kept=(*recipient.kept, letter))
        case MailRequested() | MailSent() | MailFailed():
            return recipient
        case RecipientErased(erased_at=at):
            return Recipient(voided=at, erased=True)
        case MailsVoided(until=until):
            return replace(recipient, voided=until)
        case _:
            assert_never(event)


DECIDER = Decider[Command, Event, Recipient, None](state=Recipient, decide=decide, evolve=evolve)
