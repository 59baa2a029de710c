"""A forgotten password: a token by mail, and a new password for it. Pure."""

from agents.auth import sessions
from agents.auth.account import (
    EXPIRED_LINK,
    INVALID_LINK,
    Account,
    CheckedReset,
    NewMailToken,
    Unusable,
    language_of_mail,
)
from topics.contracts.auth_commands import RequestPasswordReset, ResetPassword
from topics.contracts.auth_events import EmailVerified, Event, PasswordReset, PasswordResetRequested
from topics.deciding.decision import Context, Decision, accept, reject
from topics.documents import Done
from topics.values.fields import normal_email

REQUESTED = Done(message="If there is an account for this address, a mail is on its way.")
RESET = Done(message="Your password is changed. Log in with the new one.")


def request(command: RequestPasswordReset, account: Account, context: Context) -> Decision[Event]:
    """The answer is the same for every address: it must not tell who is registered."""
    if account.email is None or account.email != normal_email(command.email):
        return accept(answer=REQUESTED)
    if isinstance(context.prepared, Unusable):
        return accept(answer=REQUESTED)
    assert isinstance(context.prepared, NewMailToken)
    language = language_of_mail(command.language, account)
    asked = PasswordResetRequested(email=account.email, reset=context.prepared.token, language=language)
    return accept(asked, answer=REQUESTED)


def reset(command: ResetPassword, account: Account, context: Context) -> Decision[Event]:
    """Ends every session: whoever asks for this may have lost one to somebody else. The mail proves the address, too."""
    prepared = context.prepared
    asked = next((token for token in account.resets if token.reference == command.reference), None)
    if account.email is None or asked is None or not isinstance(prepared, CheckedReset) or not prepared.genuine:
        return Decision(rejection=INVALID_LINK)
    if context.now >= asked.expires_at:
        return Decision(rejection=EXPIRED_LINK)
    if isinstance(prepared.password, Unusable):
        return reject(prepared.password.code, prepared.password.detail, field=prepared.password.field)
    events: list[Event] = [
        PasswordReset(
            email=account.email, reference=command.reference, reset_at=context.now, password_hash=prepared.password
        )
    ]
    if not account.verified:
        events.append(EmailVerified(email=account.email, reference=command.reference, verified_at=context.now))
    return accept(*events, *sessions.all_ended(account, context.now), answer=RESET)
