"""What others learn of accounts: that one exists, that its owner is to get a mail, and that it is erased."""

from collections.abc import Iterable

from agents.auth.account import Account
from topics.contracts import email_event, user_created, user_erased
from topics.contracts.auth_events import (
    AccountErased,
    AccountRegistered,
    Event,
    PasswordResetRequested,
    RegistrationRepeated,
    Verification,
    VerificationRequested,
)
from topics.contracts.email_event import ALREADY_REGISTERED, PasswordResetMail, TokenVariables, VerificationMail
from topics.contracts.user_created import UserCreated
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.values.tokens import as_reference


def react(event: Event, meta: EventMeta, account: Account) -> Iterable[Send]:
    user_id = meta.aggregate_id
    match event:
        case AccountRegistered():
            created = UserCreated(id=user_id, user_id=user_id, email=event.email)
            yield Send(user_created.TOPIC, user_id, created)
            yield _verification_mail(user_id, event.email, event.verification)
        case RegistrationRepeated() | VerificationRequested():
            yield _verification_mail(user_id, event.email, event.verification)
        case PasswordResetRequested():
            yield _reset_mail(user_id, event)
        case AccountErased(erased_at=at):
            yield Send(user_erased.TOPIC, user_id, UserErased(user_id=user_id, erased_at=at))
        case _:
            pass  # log-ins and verifications concern nobody else


def _verification_mail(user_id: str, email: str, verification: Verification) -> Send:
    mail = VerificationMail(
        to=email,
        subject="Verify your e-mail address",
        template="verification",
        variables=_token(user_id, verification),
    )
    return Send(email_event.TOPIC, email, mail)


def _reset_mail(user_id: str, event: PasswordResetRequested) -> Send:
    """One type for both, since others know no third: the template tells them apart."""
    known = event.already_registered
    mail = PasswordResetMail(
        to=event.email,
        subject="You have an account already" if known else "Reset your password",
        template=ALREADY_REGISTERED if known else "password_reset",
        variables=_token(user_id, event.reset),
    )
    return Send(email_event.TOPIC, event.email, mail)


def _token(user_id: str, token: Verification) -> TokenVariables:
    return TokenVariables(token=token.token or as_reference(user_id, token.reference))
