"""How sessions begin, go on and end. Pure. Whatever ends one denies its access tokens that have not expired yet."""

from datetime import datetime
from typing import assert_never

from agents.auth.account import MAX_SESSIONS, Account, CheckedPassword, Renewal, Session, Unusable, refresh_verdict
from topics.contracts.auth_commands import EndSession, EraseAccount, Login, Logout, LogoutAll, Refresh
from topics.contracts.auth_events import Event, IssuedToken, SessionEnded, SessionRefreshed, SessionStarted
from topics.deciding.decision import Context, Decision, StalePreparation, accept, reject
from topics.documents import Done
from topics.values.fields import normal_email

LOGGED_OUT = Done(message="Logged out.")
LOGGED_OUT_ALL = Done(message="Logged out everywhere.")
ENDED = Done(message="This session has ended.")


def decide(
    command: Login | Refresh | Logout | LogoutAll | EndSession, account: Account, context: Context
) -> Decision[Event]:
    match command:
        case Login():
            return _login(command, account, context)
        case Refresh():
            return _refresh(command, account, context)
        case Logout():
            return _logout(command, account, context)
        case LogoutAll():
            return _logout_all(command, account, context)
        case EndSession():
            return _end(command, account, context)
        case _:
            assert_never(command)


def _login(command: Login, account: Account, context: Context) -> Decision[Event]:
    prepared = context.prepared
    refused: Decision[Event] = reject("invalid_credentials", "e-mail address or password is wrong")
    if isinstance(prepared, Unusable):
        return refused
    assert isinstance(prepared, CheckedPassword)
    if prepared.against != account.password_hash:
        raise StalePreparation
    if account.email is None or account.email != normal_email(command.email):
        return refused
    if not prepared.matches and not (account.verified and prepared.refused):
        return refused
    if not account.verified or not prepared.matches:
        return reject("email_not_verified", "verify your e-mail address first, the link is in your mail")
    return accept(*room_for_one(account, context.now), prepared.grant.session, answer=prepared.grant.answer)


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
    ended = _with_asking(command, account.sessions.get(command.sid), context.now)
    return accept(*(() if ended is None else (ended,)), answer=LOGGED_OUT)


def _logout_all(command: LogoutAll, account: Account, context: Context) -> Decision[Event]:
    return accept(*everything_ended(command, account, context.now), answer=LOGGED_OUT_ALL)


def everything_ended(command: LogoutAll | EraseAccount, account: Account, now: datetime) -> tuple[SessionEnded, ...]:
    """The asker's session last: its tokens must end even where the account does not know it."""
    others = all_ended(account, now, but=command.sid)
    own = _with_asking(command, account.sessions.get(command.sid), now)
    return others if own is None else (*others, own)


def _end(command: EndSession, account: Account, context: Context) -> Decision[Event]:
    session = account.sessions.get(command.session_id)
    if session is None or context.now >= session.expires_at:
        return reject("not_found", "there is no such session of yours")
    return accept(_ended(command.session_id, session, context.now), answer=ENDED)


def _with_asking(
    command: Logout | LogoutAll | EraseAccount, session: Session | None, now: datetime
) -> SessionEnded | None:
    """The end of the asker's session, with the asking token. None where there is nothing to end."""
    asking = IssuedToken(jti=command.jti, expires_at=command.exp)
    known = session.access if session else ()
    tokens = known if any(token.jti == command.jti for token in known) else (*known, asking)
    denied = tuple(token for token in tokens if token.expires_at > now)
    if session is None and not denied:
        return None
    return SessionEnded(session_id=command.sid, denied=denied, ended_at=now)


def _ended(session_id: str, session: Session, now: datetime) -> SessionEnded:
    denied = tuple(token for token in session.access if token.expires_at > now)
    return SessionEnded(session_id=session_id, denied=denied, ended_at=now)


def all_ended(account: Account, now: datetime, *, but: str = "") -> tuple[SessionEnded, ...]:
    """but: id of a session that goes on."""
    return tuple(_ended(name, session, now) for name, session in account.sessions.items() if name != but)


def room_for_one(account: Account, now: datetime) -> tuple[SessionEnded, ...]:
    """Ends the oldest sessions where one more would be too many. Just to forget them would leave their access tokens valid."""
    live = [(s.expires_at, name) for name, s in account.sessions.items() if s.expires_at > now]
    crowded = sorted(live)[: max(0, len(live) - MAX_SESSIONS + 1)]
    return tuple(_ended(name, account.sessions[name], now) for _, name in crowded)


def evolve(sessions: dict[str, Session], event: SessionStarted | SessionRefreshed | SessionEnded) -> dict[str, Session]:
    match event:
        case SessionStarted():
            return _with_started(sessions, event)
        case SessionRefreshed():
            return _with_refreshed(sessions, event)
        case SessionEnded():
            return {name: session for name, session in sessions.items() if name != event.session_id}
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
    live = (t for t in before.access if t.expires_at > event.refreshed_at and t.jti != event.access.jti)
    after = Session(
        generation=event.generation,
        refresh_sha256=event.refresh_sha256,
        access=(*live, event.access),
        refreshed_at=event.refreshed_at if rotated else before.refreshed_at,
        expires_at=event.expires_at,
        previous_sha256=before.refresh_sha256 if rotated else before.previous_sha256,
    )
    return {**sessions, event.session_id: after}
