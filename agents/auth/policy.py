"""What others learn of accounts: that one exists, and that its owner is to get a mail."""

from collections.abc import Iterable

from agents.auth.account import Account
from topics import email_event, user_created
from topics.auth_events import AccountRegistered, Event, Verification, VerificationRequested
from topics.decision import EventMeta, Send
from topics.email_event import TokenVariables, VerificationMail
from topics.tokens import as_reference
from topics.user_created import UserCreated


def react(event: Event, meta: EventMeta, account: Account) -> Iterable[Send]:
    user_id = meta.aggregate_id
    match event:
        case AccountRegistered():
            created = UserCreated(id=user_id, user_id=user_id, email=event.email)
            yield Send(user_created.TOPIC, user_id, created)
            yield _verification_mail(user_id, event.email, event.verification)
        case VerificationRequested():
            yield _verification_mail(user_id, event.email, event.verification)
        case _:
            pass  # log-ins and verifications concern nobody else


def _verification_mail(user_id: str, email: str, verification: Verification) -> Send:
    token = verification.token or as_reference(user_id, verification.reference)
    mail = VerificationMail(
        to=email,
        subject="Verify your e-mail address",
        template="verification",
        variables=TokenVariables(token=token),
    )
    return Send(email_event.TOPIC, email, mail)
