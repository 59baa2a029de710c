"""What Redis holds of accounts: the log-in look-up, mail tokens by their hash, sessions, the deny-list of access tokens."""

from typing import assert_never

from msgspec.structs import replace

from agents.auth.account import MAX_RESETS, MAX_SESSIONS, MAX_VERIFICATIONS
from topics import keys
from topics.contracts import auth_events
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
    Verification,
    VerificationRequested,
)
from topics.deciding.projection import Shown, SideKey, View
from topics.documents.account import Account, EndedSession, Session, Sessions
from topics.messages.event import EventMeta
from topics.values.tokens import sha256_hex


def show_login(before: Account | None, event: Event, meta: EventMeta) -> Shown[Account]:
    shown = before or Account(verified=False)
    match event:
        case AccountRegistered():
            address = SideKey(keys.login(sha256_hex(event.email)), meta.aggregate_id)
            known = replace(shown, address_key=address.name)
            return _mailed(known, event.verification, meta, keep=1, beside=(address,))
        case RegistrationRepeated():
            return _mailed(shown, event.verification, meta, keep=1)
        case VerificationRequested():
            return _mailed(shown, event.verification, meta, keep=MAX_VERIFICATIONS)
        case EmailVerified():
            return Shown(replace(shown, verified=True, verification_keys=()), drop=shown.verification_keys)
        case PasswordResetRequested():
            token = _key(keys.password_reset(event.reset.token or event.reset.token_sha256), event.reset, meta)
            names = (*shown.reset_keys, token.name)
            kept = replace(shown, reset_keys=names[-MAX_RESETS:])
            return Shown(kept, put=(token,), drop=names[:-MAX_RESETS])
        case PasswordReset():
            return Shown(replace(shown, reset_keys=()), drop=shown.reset_keys)
        case SessionStarted() | SessionRefreshed() | SessionEnded():
            return Shown(before)
        case AccountErased():
            address_keys = (shown.address_key,) if shown.address_key else ()
            return Shown(None, drop=(*address_keys, *shown.verification_keys, *shown.reset_keys))
        case _:
            assert_never(event)


def _mailed(
    shown: Account, verification: Verification, meta: EventMeta, *, keep: int, beside: tuple[SideKey, ...] = ()
) -> Shown[Account]:
    """A new verification link; only the newest `keep` are good."""
    token = _key(keys.verification(verification.token or verification.token_sha256), verification, meta)
    names = (*shown.verification_keys, token.name)
    kept = replace(shown, verification_keys=names[-keep:])
    return Shown(kept, put=(*beside, token), drop=names[:-keep])


def _key(name: str, token: Verification, meta: EventMeta) -> SideKey:
    return SideKey(name, meta.aggregate_id, expires_at=token.expires_at)


def show_deny(before: EndedSession | None, event: Event, meta: EventMeta) -> Shown[EndedSession]:
    if isinstance(event, AccountErased):
        return Shown(None)  # its tokens stay on the list until they expire
    if not isinstance(event, SessionEnded):
        return Shown(before)
    denied = tuple(SideKey(keys.denied_token(token.jti), "1", expires_at=token.expires_at) for token in event.denied)
    return Shown(EndedSession(session_id=event.session_id, ended_at=event.ended_at), put=denied)


def show_sessions(before: Sessions | None, event: Event, meta: EventMeta) -> Shown[Sessions]:
    shown = () if before is None else before.items
    match event:
        case SessionStarted():
            began = Session(
                id=event.session_id,
                created_at=event.started_at,
                refreshed_at=event.started_at,
                expires_at=event.expires_at,
            )
            live = (session for session in shown if session.expires_at > event.started_at)
            return Shown(Sessions(items=(*live, began)[-MAX_SESSIONS:]))
        case SessionRefreshed():
            return Shown(Sessions(items=tuple(_refreshed(session, event) for session in shown)))
        case SessionEnded():
            return Shown(Sessions(items=tuple(session for session in shown if session.id != event.session_id)))
        case AccountErased():
            return Shown(None)
        case _:
            return Shown(before)


def _refreshed(session: Session, event: SessionRefreshed) -> Session:
    if session.id != event.session_id:
        return session
    return replace(session, refreshed_at=event.refreshed_at, expires_at=event.expires_at)


LOGIN = View[Account, Event](name="login", topic=auth_events.TOPIC, document=Account, show=show_login)
DENY = View[EndedSession, Event](name="deny", topic=auth_events.TOPIC, document=EndedSession, show=show_deny)
SESSIONS = View[Sessions, Event](name="sessions", topic=auth_events.TOPIC, document=Sessions, show=show_sessions)
