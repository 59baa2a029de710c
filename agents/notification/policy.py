"""Intake: what others publish, as commands to the recipient whom the body names; orders.py has those of orders. Keys are not
trusted.

News of orders go on to others on `notification`. A user who is erased has the mails voided that are under way to the
address."""

from collections.abc import Iterable

from msgspec.structs import asdict

from agents.notification.news import OTHERS_NEWS
from agents.notification.recipient import Recipient, key_of
from agents.notification.templates import worded
from topics.contracts import notification, notification_commands, user_events
from topics.contracts.email_event import ALREADY_REGISTERED, PasswordResetMail
from topics.contracts.notification import Notification, OrderMail, OrderVariables
from topics.contracts.notification_commands import (
    EraseRecipient,
    RememberAddress,
    RememberPreferences,
    SendMail,
    TellOfOrder,
    VoidMails,
)
from topics.contracts.notification_events import UNSAID, Event, Letter, OrderNewsTold, OwnerFound, RecipientErased
from topics.contracts.user_created import UserCreated, whose
from topics.contracts.user_erased import UserErased
from topics.contracts.user_events import PreferencesChanged
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import deliverable
from topics.values.languages import language_of_tag

_OURSELVES = "lezzet/notification"
"""Source of what this domain publishes."""


def remember_address(message: UserCreated, origin: Origin) -> Iterable[Send]:
    user_id = whose(message)
    if message.email is not None:
        remember = RememberAddress(email=deliverable(message.email, "email"))
        yield Send(notification_commands.TOPIC, user_id, remember)


def remember_preferences(message: user_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, PreferencesChanged) and origin.aggregate_id is not None:
        yield Send(
            notification_commands.TOPIC, origin.aggregate_id, RememberPreferences(preferences=message.preferences)
        )


def pass_on(message: Notification, origin: Origin) -> Iterable[Send]:
    """What this domain has published itself stands there for others: its mail is on its way."""
    if origin.source != _OURSELVES:
        yield from send_mail(message, origin)


def send_mail(message: Notification, origin: Origin) -> Iterable[Send]:
    """The template follows from the type: a publisher's own template names mean nothing here, but for one."""
    recipient = deliverable(message.to, "to") if "@" in message.to else message.to
    mail = SendMail(
        to=recipient,
        template=_template(message),
        variables=asdict(message.variables),
        subject=message.subject,
        language=language_of_tag(message.language) or UNSAID,
    )
    yield Send(notification_commands.TOPIC, key_of(recipient), mail)


def _template(message: Notification) -> str:
    if isinstance(message, OrderMail):
        return OTHERS_NEWS
    known = isinstance(message, PasswordResetMail) and message.template == ALREADY_REGISTERED
    return ALREADY_REGISTERED if known else message.type


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(notification_commands.TOPIC, message.user_id, EraseRecipient(erased_at=message.erased_at))


def react(event: Event, meta: EventMeta, recipient: Recipient) -> Iterable[Send]:
    match event:
        case OwnerFound(owner_id=owner_id, news=news):
            yield Send(notification_commands.TOPIC, owner_id, TellOfOrder(news=news))
        case OrderNewsTold(letter=letter):
            yield Send(notification.TOPIC, meta.aggregate_id, _published(letter, meta.aggregate_id))
        case RecipientErased(email=email) if email:
            yield Send(notification_commands.TOPIC, key_of(email), VoidMails(until=event.erased_at))
        case _:
            pass


def _published(letter: Letter, user_id: str) -> OrderMail:
    words = worded(letter, origin="")
    said = OrderVariables(
        title=words.subject,
        description="\n".join(words.paragraphs),
        news=letter.template,
        order_id=letter.variables["order_id"],
        restaurant_id=letter.variables["restaurant_id"],
    )
    return OrderMail(to=user_id, subject=words.subject, template=letter.template, variables=said)
