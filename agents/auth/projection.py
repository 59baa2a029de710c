"""What Redis holds of accounts: the log-in look-up, mail tokens by their hash, the deny-list of access tokens."""

from typing import assert_never

from topics import auth_events, keys
from topics.auth_events import (
    AccountRegistered,
    EmailVerified,
    Event,
    SessionEnded,
    SessionRefreshed,
    SessionStarted,
    Verification,
    VerificationRequested,
)
from topics.decision import EventMeta, Shown, SideKey, View
from topics.documents import Account, EndedSession
from topics.tokens import sha256_hex


def show_login(before: Account | None, event: Event, meta: EventMeta) -> Shown[Account]:
    match event:
        case AccountRegistered():
            address = SideKey(keys.login(sha256_hex(event.email)), meta.aggregate_id)
            return Shown(Account(verified=False), put=(address, _mail_token(event.verification, meta)))
        case VerificationRequested():
            return Shown(before, put=(_mail_token(event.verification, meta),))
        case EmailVerified():
            return Shown(Account(verified=True))
        case SessionStarted() | SessionRefreshed() | SessionEnded():
            return Shown(before)
        case _:
            assert_never(event)


def _mail_token(verification: Verification, meta: EventMeta) -> SideKey:
    name = keys.verification(verification.token or verification.token_sha256)
    return SideKey(name, meta.aggregate_id, expires_at=verification.expires_at)


def show_deny(before: EndedSession | None, event: Event, meta: EventMeta) -> Shown[EndedSession]:
    if not isinstance(event, SessionEnded):
        return Shown(before)
    denied = tuple(SideKey(keys.denied_token(token.jti), "1", expires_at=token.expires_at) for token in event.denied)
    return Shown(EndedSession(session_id=event.session_id, ended_at=event.ended_at), put=denied)


LOGIN = View[Account, Event](name="login", topic=auth_events.TOPIC, document=Account, show=show_login)
DENY = View[EndedSession, Event](
    name="deny", topic=auth_events.TOPIC, document=EndedSession, show=show_deny, ready=keys.DENY_READY
)
