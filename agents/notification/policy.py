"""Intake: what others publish, as commands to the recipient whom the body names. Their keys are not trusted.

A user who is erased has the mails voided that are under way to the address."""

from collections.abc import Iterable

from msgspec.structs import asdict

from agents.notification.recipient import Recipient, key_of
from topics.contracts import notification_commands, order_events
from topics.contracts.email_event import ALREADY_REGISTERED, Mail, PasswordResetMail
from topics.contracts.notification_commands import ConfirmOrder, EraseRecipient, RememberAddress, SendMail, VoidMails
from topics.contracts.notification_events import Event, RecipientErased
from topics.contracts.order_events import OrderPlaced
from topics.contracts.user_created import UserCreated, whose
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import deliverable


def remember_address(message: UserCreated, origin: Origin) -> Iterable[Send]:
    user_id = whose(message)
    if message.email is not None:
        remember = RememberAddress(email=deliverable(message.email, "email"))
        yield Send(notification_commands.TOPIC, user_id, remember)


def send_mail(message: Mail, origin: Origin) -> Iterable[Send]:
    """The template follows from the type: a publisher's own template names mean nothing here, but for one."""
    recipient = deliverable(message.to, "to") if "@" in message.to else message.to
    mail = SendMail(
        to=recipient, template=_template(message), variables=asdict(message.variables), subject=message.subject
    )
    yield Send(notification_commands.TOPIC, key_of(recipient), mail)


def _template(message: Mail) -> str:
    known = isinstance(message, PasswordResetMail) and message.template == ALREADY_REGISTERED
    return ALREADY_REGISTERED if known else message.type


def confirm_order(message: order_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, OrderPlaced) and origin.aggregate_id is not None:
        confirmation = ConfirmOrder(
            order_id=origin.aggregate_id, restaurant_name=message.restaurant_name, total=message.total
        )
        yield Send(notification_commands.TOPIC, message.user_id, confirmation)


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(notification_commands.TOPIC, message.user_id, EraseRecipient(erased_at=message.erased_at))


def react(event: Event, meta: EventMeta, recipient: Recipient) -> Iterable[Send]:
    if isinstance(event, RecipientErased) and event.email:
        yield Send(notification_commands.TOPIC, key_of(event.email), VoidMails(until=event.erased_at))
