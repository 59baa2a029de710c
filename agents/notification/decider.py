"""Who is told what, and gets which mail, by the preferences. A letter to a user whose address is not known yet waits for it. An
erased user gets none."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.notification import news
from agents.notification.facts import Facts
from agents.notification.recipient import Recipient
from topics.contracts.notification_commands import (
    Command,
    ConfirmOrder,
    EraseRecipient,
    RecordFailed,
    RecordSent,
    RememberAddress,
    RememberPreferences,
    SendMail,
    TellOfOrder,
    TellOwner,
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
    OrderNewsTold,
    OwnerFound,
    PreferencesRemembered,
    RecipientErased,
)
from topics.copies import RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision, accept, reject
from topics.values.fields import normal_email
from topics.values.kurus import lira

MAX_KEPT = 50
"""Letters that wait for an address. More of them are not a user's news but somebody's loop."""


def decide(command: Command, recipient: Recipient, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case RememberAddress():
            return _remember(command, recipient)
        case RememberPreferences(preferences=preferences):
            known = recipient.erased or recipient.preferences == preferences
            return accept() if known else accept(PreferencesRemembered(preferences=preferences))
        case SendMail():
            return _send(command, recipient)
        case ConfirmOrder():
            return _tell(_confirmation(command), recipient)
        case TellOfOrder():
            return _tell(news.letter(command.news, facts, context.now), recipient)
        case TellOwner():
            return _find_owner(command, facts)
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
    preferences = recipient.preferences  # they may have changed since a letter was kept
    waiting = [
        MailRequested(to=email, letter=replace(letter, language=preferences.language))
        for letter in recipient.kept
        if news.are_wanted(letter.template, preferences) and news.may_be_mailed(letter.template, preferences)
    ]
    return accept(AddressRemembered(email=email), *waiting)


def _send(command: SendMail, recipient: Recipient) -> Decision[Event]:
    letter = Letter(
        template=command.template, variables=command.variables, subject=command.subject, language=command.language
    )
    if "@" in command.to:
        return accept() if recipient.erased else accept(MailRequested(to=normal_email(command.to), letter=letter))
    if recipient.erased or not news.are_wanted(letter.template, recipient.preferences):
        return accept()
    return _mail(letter, recipient)


def _tell(letter: Letter, recipient: Recipient) -> Decision[Event]:
    """By the topic `notification`, and by mail."""
    if recipient.erased or not news.are_wanted(letter.template, recipient.preferences):
        return accept()
    letter = replace(letter, language=recipient.preferences.language)
    mail = _mail(letter, recipient)
    return mail if mail.rejection is not None else accept(OrderNewsTold(letter=letter), *mail.events)


def _mail(letter: Letter, recipient: Recipient) -> Decision[Event]:
    """To a user."""
    if not news.may_be_mailed(letter.template, recipient.preferences):
        return accept()
    if recipient.email is not None:
        letter = replace(letter, language=recipient.preferences.language)
        return accept(MailRequested(to=recipient.email, letter=letter))
    if len(recipient.kept) >= MAX_KEPT:
        return reject("too_many_letters", f"{MAX_KEPT} letters wait for this user's address already")
    return accept(LetterKept(letter=letter))


def _find_owner(command: TellOwner, facts: Facts) -> Decision[Event]:
    restaurant = facts.restaurants.get(command.news.restaurant_id)
    if restaurant is None or not restaurant.owner_id:
        return reject("not_found", "the owner of this restaurant is not known here")
    return accept(OwnerFound(owner_id=restaurant.owner_id, news=command.news))


def _confirmation(command: ConfirmOrder) -> Letter:
    variables = {
        "order_id": command.order_id,
        "restaurant_id": command.restaurant_id,
        "restaurant_name": command.restaurant_name,
        "total": lira(command.total),
    }
    return Letter(template=news.CONFIRMATION, variables=variables)


def evolve(recipient: Recipient, event: Event) -> Recipient:
    match event:
        case AddressRemembered(email=email):
            return replace(recipient, email=email, kept=())
        case LetterKept(letter=letter):
            return replace(recipient, kept=(*recipient.kept, letter))
        case PreferencesRemembered(preferences=preferences):
            return replace(recipient, preferences=preferences)
        case OwnerFound() | OrderNewsTold() | MailRequested() | MailSent() | MailFailed():
            return recipient
        case RecipientErased(erased_at=at):
            return Recipient(voided=at, erased=True)
        case MailsVoided(until=until):
            return replace(recipient, voided=until)
        case _:
            assert_never(event)


def needs(command: Command, recipient: Recipient) -> Iterable[tuple[str, str]]:
    if isinstance(command, TellOfOrder | TellOwner):
        yield RESTAURANTS.name, command.news.restaurant_id


DECIDER = Decider[Command, Event, Recipient, Facts](
    state=Recipient, decide=decide, evolve=evolve, facts=Facts, fact_tables=(RESTAURANTS,), needs=needs
)
