"""What an account may do. Pure: preparation checked passwords and tokens, and is void when the state moved on."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.auth.account import (
    MAX_SESSIONS,
    MAX_VERIFICATIONS,
    Account,
    CheckedMailToken,
    CheckedPassword,
    NewAccount,
    Renewal,
    Session,
    Unusable,
    refresh_verdict,
)
from topics.auth_commands import Command, Login, Logout, Refresh, Register, ResendVerification, VerifyEmail
from topics.auth_events import (
    AccountRegistered,
    EmailVerified,
    Event,
    IssuedToken,
    SessionEnded,
    SessionRefreshed,
    SessionStarted,
    VerificationRequested,
)
from topics.decision import Context, Decider, Decision, StalePreparation, accept, reject
from topics.documents import Done
from topics.fields import normal_email

REGISTERED = Done(message="Registered. Check your mail to verify your address.")
RESENT = Done(message="If this address waits for verification, a mail is on its way.")
LOGGED_OUT = Done(message="Logged out.")


def decide(command: Command, account: Account, facts: None, context: Context) -> Decision[Event]:
    match command:
        case Register():
            return _register(command, account, context)
        case ResendVerification():
            return _resend(command, account, context)
        case VerifyEmail():
            return _verify(command, account, context)
        case Login():
            return _login(command, account, context)
        case Refresh():
            return _refresh(command, account, context)
        case Logout():
            return _logout(command, account, context)
        case _:
            assert_never(command)


def _register(command: Register, account: Account, context: Context) -> Decision[Event]:
    prepared = context.prepared
    if isinstance(prepared, Unusable):
        return reject(prepared.code, prepared.detail, field=prepared.field)
    assert isinstance(prepared, NewAccount)
    email = normal_email(command.email)
    if account.email is not None or context.claims.get(("email", email)) != context.aggregate_id:
        return reject("email_taken", "this address is already registered", field="email")
    registered = AccountRegistered(
        email=email, verification=prepared.verification, password_hash=prepared.password_hash
    )
    return accept(registered, answer=REGISTERED)


def _resend(command: ResendVerification, account: Account, context: Context) -> Decision[Event]:
    """The answer is the same for every address: it must not tell who is registered."""
    if account.email is None or account.verified or account.email != normal_email(command.email):
        return accept(answer=RESENT)
    if isinstance(context.prepared, Unusable):
        return accept(answer=RESENT)
    assert isinstance(context.prepared, NewAccount)
    return accept(VerificationRequested(email=account.email, verification=context.prepared.verification), answer=RESENT)


def _verify(command: VerifyEmail, account: Account, context: Context) -> Decision[Event]:
    prepared = context.prepared
    asked = next((v for v in account.verifications if v.reference == command.reference), None)
    genuine = isinstance(prepared, CheckedMailToken) and prepared.genuine
    if account.email is None or asked is None or not genuine:
        return reject("invalid_token", "this link is not valid, ask for a new mail", field="token")
    if context.now >= asked.expires_at:
        return reject("token_expired", "this link has expired, ask for a new mail", field="token")
    grant = prepared.grant
    if account.verified:
        return accept(grant.session, answer=grant.answer)
    verified = EmailVerified(email=account.email, reference=command.reference)
    return accept(verified, grant.session, answer=grant.answer)


def _login(command: Login, account: Account, context: Context) -> Decision[Event]:
    prepared = context.prepared
    refused: Decision[Event] = reject("invalid_credentials", "e-mail address or password is wrong")
    if isinstance(prepared, Unusable):
        return refused
    assert isinstance(prepared, CheckedPassword)
    if prepared.against != account.password_hash:
        raise StalePreparation
    if account.email is None or account.email != normal_email(command.email) or not prepared.matches:
        return refused
    if not account.verified:
        return reject("email_not_verified", "verify your e-mail address first, the link is in your mail")
    return accept(prepared.grant.session, answer=prepared.grant.answer)


def _refresh(command: Refresh, account: Account, context: Context) -> Decision[Event]:
    session = account.sessions.get(command.session_id)
    verdict = refresh_verdict(session, command.token_sha256, context.now)
    refused = "this refresh token is not valid, log in again"
    if session is None or verdict == "unknown":
        return reject("invalid_refresh_token", refused, field="refresh_token")
    if verdict == "reused":
        ended = SessionEnded(session_id=command.session_id, denied=session.access, ended_at=context.now)
        return reject("invalid_refresh_token", refused, field="refresh_token", events=(ended,))
    prepared = context.prepared
    if not isinstance(prepared, Renewal) or prepared.seen != session.generation:
        raise StalePreparation
    return accept(prepared.session, answer=prepared.answer)


def _logout(command: Logout, account: Account, context: Context) -> Decision[Event]:
    """Denies every live access token of the session, not only the one that asked. Twice is fine."""
    session = account.sessions.get(command.sid)
    asking = IssuedToken(jti=command.jti, expires_at=command.exp)
    known = session.access if session else ()
    tokens = known if any(token.jti == command.jti for token in known) else (*known, asking)
    denied = tuple(token for token in tokens if token.expires_at > context.now)
    if session is None and not denied:
        return accept(answer=LOGGED_OUT)
    return accept(SessionEnded(session_id=command.sid, denied=denied, ended_at=context.now), answer=LOGGED_OUT)


def evolve(account: Account, event: Event) -> Account:
    match event:
        case AccountRegistered():
            return replace(
                account, email=event.email, password_hash=event.password_hash, verifications=(event.verification,)
            )
        case VerificationRequested():
            kept = (*account.verifications, event.verification)[-MAX_VERIFICATIONS:]
            return replace(account, verifications=kept)
        case EmailVerified():
            return replace(account, verified=True)
        case SessionStarted():
            return replace(account, sessions=_with_started(account.sessions, event))
        case SessionRefreshed():
            return replace(account, sessions=_with_refreshed(account.sessions, event))
        case SessionEnded():
            left = {name: session for name, session in account.sessions.items() if name != event.session_id}
            return replace(account, sessions=left)
        case _:
            assert_never(event)


def _with_started(sessions: dict[str, Session], event: SessionStarted) -> dict[str, Session]:
    """Drops what has expired, and the oldest beyond MAX_SESSIONS."""
    started = Session(
        generation=event.generation,
        refresh_sha256=event.refresh_sha256,
        access=(event.access,),
        refreshed_at=event.started_at,
        expires_at=event.expires_at,
    )
    live = {name: session for name, session in sessions.items() if session.expires_at > event.started_at}
    live[event.session_id] = started
    newest = sorted(live.items(), key=lambda item: (item[1].expires_at, item[0]))[-MAX_SESSIONS:]
    return dict(newest)


def _with_refreshed(sessions: dict[str, Session], event: SessionRefreshed) -> dict[str, Session]:
    before = sessions.get(event.session_id)
    if before is None:
        return sessions
    rotated = event.generation != before.generation
    after = Session(
        generation=event.generation,
        refresh_sha256=event.refresh_sha256,
        access=(*(token for token in before.access if token.expires_at > event.refreshed_at), event.access),
        refreshed_at=event.refreshed_at if rotated else before.refreshed_at,
        expires_at=event.expires_at,
        previous_sha256=before.refresh_sha256 if rotated else before.previous_sha256,
    )
    return {**sessions, event.session_id: after}


def claims(command: Command, account_id: str) -> Iterable[tuple[str, str]]:
    """An address belongs to one account."""
    return (("email", normal_email(command.email)),) if isinstance(command, Register) else ()


DECIDER = Decider[Command, Event, Account, None](state=Account, decide=decide, evolve=evolve, claims=claims)
