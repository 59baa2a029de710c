"""How an address becomes an account: registered, perhaps more than once, and verified by a link in a mail. Pure.

Whoever registers an address is answered alike, whether or not it has an account: only its owner, in the mail, learns more.
"""

from agents.auth import sessions
from agents.auth.account import (
    EXPIRED_LINK,
    INVALID_LINK,
    Account,
    CheckedLink,
    NewAccount,
    NewMailToken,
    Unusable,
    language_of_mail,
    link_verdict,
)
from topics.contracts.auth_commands import Register, ResendVerification, VerifyEmail
from topics.contracts.auth_events import (
    AccountRegistered,
    EmailVerified,
    Event,
    PasswordResetRequested,
    RegistrationRepeated,
    VerificationRequested,
)
from topics.deciding.decision import Context, Decision, StalePreparation, accept, reject
from topics.documents import Done
from topics.values.fields import normal_email

REGISTERED = Done(message="Registered. Check your mail to verify your address.")
RESENT = Done(message="If this address waits for verification, a mail is on its way.")
ALREADY_VERIFIED = Done(message="This address is already verified, log in.")


def register(command: Register, account: Account, context: Context) -> Decision[Event]:
    if account.erased:
        return reject(
            "erased", "the account was erased a moment ago, try again"
        )  # the address leads to another id then
    prepared = context.prepared
    if isinstance(prepared, Unusable):
        return reject(prepared.code, prepared.detail, field=prepared.field)
    assert isinstance(prepared, NewAccount)
    email = normal_email(command.email)
    if account.email not in (None, email) or context.claims.get(("email", email)) != context.aggregate_id:
        return reject("email_taken", "this address is already registered", field="email")
    return accept(_registered(email, command, account, prepared), answer=REGISTERED)


def _registered(email: str, command: Register, account: Account, prepared: NewAccount) -> Event:
    """Until the address is verified anybody may have chosen the password: the newest counts, and links to older ones do not."""
    hashed, language = prepared.password_hash, language_of_mail(command.language, account)
    if account.verified:
        return PasswordResetRequested(
            email=email, reset=prepared.reset, already_registered=True, refused_hash=hashed, language=language
        )
    kind = AccountRegistered if account.email is None else RegistrationRepeated
    return kind(email=email, verification=prepared.verification, password_hash=hashed, language=language)


def resend(command: ResendVerification, account: Account, context: Context) -> Decision[Event]:
    """The answer is the same for every address: it must not tell who is registered."""
    if account.email is None or account.verified or account.email != normal_email(command.email):
        return accept(answer=RESENT)
    if isinstance(context.prepared, Unusable):
        return accept(answer=RESENT)
    assert isinstance(context.prepared, NewMailToken)
    language = language_of_mail(command.language, account)
    asked = VerificationRequested(email=account.email, verification=context.prepared.token, language=language)
    return accept(asked, answer=RESENT)


def verify(command: VerifyEmail, account: Account, context: Context) -> Decision[Event]:
    """A link is worth one session, however often it is followed."""
    prepared = context.prepared
    verdict = link_verdict(account, command.reference, context.now)
    if verdict == "unknown" or not isinstance(prepared, CheckedLink) or not prepared.genuine:
        return Decision(rejection=INVALID_LINK)
    if verdict == "expired":
        return Decision(rejection=EXPIRED_LINK)
    if verdict == "already":
        return accept(answer=ALREADY_VERIFIED)
    if prepared.verdict != verdict or prepared.grant is None:
        raise StalePreparation
    session, answer = prepared.grant.session, prepared.grant.answer
    if verdict == "again":
        return accept(answer=answer)
    assert account.email is not None
    verified = EmailVerified(
        email=account.email, reference=command.reference, session_id=session.session_id, verified_at=context.now
    )
    return accept(verified, *sessions.room_for_one(account, context.now), session, answer=answer)
