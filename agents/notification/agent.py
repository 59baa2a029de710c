"""The wiring of notification."""

from agents.notification import orders, policy
from agents.notification.decider import DECIDER
from agents.notification.effect import Courier
from agents.notification.voided import unless_voided
from agents.runtime.runtime import Runtime
from stores.keyring import agent_keys
from stores.mail.smtp import Mailer
from topics.contracts import (
    email_event,
    notification,
    notification_commands,
    notification_events,
    order_events,
    user_created,
    user_erased,
    user_events,
)
from topics.contracts.notification_events import MailRequested
from topics.copies import RESTAURANTS

MAILS_AT_ONCE = 8


def register(runtime: Runtime) -> None:
    settings = runtime.settings
    mailer = Mailer(settings.smtp, connections=MAILS_AT_ONCE)
    courier = Courier(mailer, agent_keys(settings.keys).mail_tokens, settings.client_origin)
    runtime.decide(notification_commands.TOPIC, DECIDER, emits=notification_events.TOPIC, react=policy.react)
    runtime.intake(user_created.TOPIC, policy.remember_address)
    runtime.intake(user_erased.TOPIC, policy.erase)
    runtime.intake(email_event.TOPIC, policy.send_mail)
    runtime.intake(notification.TOPIC, policy.pass_on)
    runtime.intake(user_events.TOPIC, policy.remember_preferences)
    runtime.intake(order_events.TOPIC, orders.translate)
    send = unless_voided(courier.perform, runtime.store)
    runtime.project(RESTAURANTS)
    runtime.effect(notification_events.TOPIC, MailRequested, send, concurrency=MAILS_AT_ONCE)
