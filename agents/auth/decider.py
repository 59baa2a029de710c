"""What an account may do. Pure: preparation checked passwords and tokens, and is void when the state moved on."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.auth import erasure, registration, resets, sessions
from agents.auth.account import MAX_RESETS, MAX_VERIFICATIONS, Account, FirstUse
from topics.contracts.auth_commands import (
    Command,
    EndSession,
    EraseAccount,
    Login,
    Logout,
    LogoutAll,
    Refresh,
    Register,
    RequestPasswordReset,
    ResendVerification,
    ResetPassword,
    VerifyEmail,
)
from topics.contracts.auth_events import (
    AccountErased,
    AccountRegistered,
    EmailVerified,
    Event,
    PasswordReset,
    PasswordResetRequested,
    RegistrationRepeated,
    SessionEnded,
    SessionRefreshed,
    SessionStarted,
    VerificationRequested,
)
from topics.deciding.decision import Context, Decider, Decision
from topics.values.fields import normal_email


def decide(command: Command, account: Account, facts: None, context: Context) -> Decision[Event]:
    match command:
        case Register():
            return registration.register(command, account, context)
        case ResendVerification():
            return registration.resend(command, account, context)
        case VerifyEmail():
            return registration.verify(command, account, context)
        case RequestPasswordReset():
            return resets.request(command, account, context)
        case ResetPassword():
            return resets.reset(command, account, context)
        case Login() | Refresh() | Logout() | LogoutAll() | EndSession():
            return sessions.decide(command, account, context)
        case EraseAccount():
            return erasure.erase(command, account, context)
        case _:
            assert_never(command)


def evolve(account: Account, event: Event) -> Account:
    match event:
        case AccountRegistered() | RegistrationRepeated():
            return replace(
                account,
                email=event.email,
                password_hash=event.password_hash,
                verifications=(event.verification,),
                language=event.language or account.language,
            )
        case VerificationRequested():
            kept = (*account.verifications, event.verification)[-MAX_VERIFICATIONS:]
            return replace(account, verifications=kept, language=event.language or account.language)
        case EmailVerified():
            return replace(account, verified=True, verifications=(), first_use=_first_use(event))
        case PasswordResetRequested():
            resets = (*account.resets, event.reset)[-MAX_RESETS:]
            return replace(account, resets=resets, refused_hash=event.refused_hash or account.refused_hash)
        case PasswordReset():
            return replace(account, password_hash=event.password_hash, resets=(), refused_hash="")
        case SessionStarted() | SessionRefreshed() | SessionEnded():
            return replace(account, sessions=sessions.evolve(account.sessions, event))
        case AccountErased():
            return Account(erased=True)
        case _:
            assert_never(event)


def _first_use(event: EmailVerified) -> FirstUse | None:
    if event.session_id is None or event.verified_at is None:
        return None
    return FirstUse(reference=event.reference, session_id=event.session_id, at=event.verified_at)


def claims(command: Command, account_id: str, caller: str | None) -> Iterable[tuple[str, str]]:
    """An address belongs to one account."""
    return (("email", normal_email(command.email)),) if isinstance(command, Register) else ()


DECIDER = Decider[Command, Event, Account, None](state=Account, decide=decide, evolve=evolve, claims=claims)
