"""What others learn of accounts: that one exists, that its owner is to get a mail, and that it is erased."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

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
from topics.values.languages import DEFAULT_LANGUAGE, Language
from topics.values.tokens import as_reference

SUBJECTS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "tr": {
            "verification": "E-posta adresinizi doğrulayın",
            "password_reset": "Parolanızı sıfırlayın",
            ALREADY_REGISTERED: "Zaten bir hesabınız var",
        },
        "en": {
            "verification": "Verify your e-mail address",
            "password_reset": "Reset your password",
            ALREADY_REGISTERED: "You have an account already",
        },
    }
)
"""By language and template, as the notifier words them: other readers of `email_event` show the subject, too."""


def react(event: Event, meta: EventMeta, account: Account) -> Iterable[Send]:
    user_id = meta.aggregate_id
    match event:
        case AccountRegistered():
            created = UserCreated(id=user_id, user_id=user_id, email=event.email)
            yield Send(user_created.TOPIC, user_id, created)
            yield _verification_mail(user_id, event)
        case RegistrationRepeated() | VerificationRequested():
            yield _verification_mail(user_id, event)
        case PasswordResetRequested():
            yield _reset_mail(user_id, event)
        case AccountErased(erased_at=at):
            yield Send(user_erased.TOPIC, user_id, UserErased(user_id=user_id, erased_at=at))
        case _:
            pass  # log-ins and verifications concern nobody else


def _verification_mail(user_id: str, event: AccountRegistered | RegistrationRepeated | VerificationRequested) -> Send:
    language = event.language or DEFAULT_LANGUAGE
    mail = VerificationMail(
        to=event.email,
        subject=SUBJECTS[language]["verification"],
        template="verification",
        variables=_token(user_id, event.verification),
        language=language,
    )
    return Send(email_event.TOPIC, event.email, mail)


def _reset_mail(user_id: str, event: PasswordResetRequested) -> Send:
    """One type for both, since others know no third: the template tells them apart."""
    language = event.language or DEFAULT_LANGUAGE
    template = ALREADY_REGISTERED if event.already_registered else "password_reset"
    mail = PasswordResetMail(
        to=event.email,
        subject=SUBJECTS[language][template],
        template=template,
        variables=_token(user_id, event.reset),
        language=language,
    )
    return Send(email_event.TOPIC, event.email, mail)


def _token(user_id: str, token: Verification) -> TokenVariables:
    return TokenVariables(token=token.token or as_reference(user_id, token.reference))
