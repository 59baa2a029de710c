"""The caller's own sessions: which there are, and their ends."""

from datetime import UTC, datetime
from typing import TypedDict

import msgspec

from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, Nothing, command, view
from http_edge.web.account.accounts import DENY, SESSIONS
from topics.contracts.auth_commands import TOPIC, EndSession, Logout, LogoutAll
from topics.documents import Done
from topics.documents.account import Session, Sessions

_KEPT = msgspec.json.Decoder(Sessions)


def _listed(document: bytes, asked: Asked) -> bytes:
    """Those that are live now, the newest first."""
    assert asked.caller is not None
    now = asked.edge.now()
    live = [session for session in reversed(_KEPT.decode(document).items) if session.expires_at > now]
    own_id = asked.caller.sid
    return msgspec.json.encode([msgspec.structs.replace(each, current=each.id == own_id) for each in live])


class Asking(TypedDict):
    sid: str
    jti: str
    exp: datetime


def asking(asked: Asked) -> Asking:
    """The session and the token that ask. A token without a session of ours still ends by its own id."""
    caller = asked.caller
    assert caller is not None
    return Asking(sid=caller.sid or caller.jti, jti=caller.jti, exp=datetime.fromtimestamp(caller.exp, UTC))


def _logout(asked: Asked) -> Logout:
    return Logout(**asking(asked))


def _logout_all(asked: Asked) -> LogoutAll:
    return LogoutAll(**asking(asked))


def _end(asked: Asked) -> EndSession:
    return EndSession(session_id=asked.parameters["id"])


ROUTES = (
    command(
        "POST", "/auth/logout", Logout, to=TOPIC, takes=Nothing, make=_logout, key=own, who=CUSTOMER, gives=Done,
        waits_for_view=DENY, must_be_shown=True,
        says="End this session; answers when its tokens are on the deny-list.",
    ),
    command(
        "POST", "/auth/logout-all", LogoutAll, to=TOPIC, takes=Nothing, make=_logout_all, key=own, who=CUSTOMER,
        gives=Done, waits_for_view=DENY, must_be_shown=True,
        says="End every session of the caller; answers when their tokens are on the deny-list.",
    ),
    view(
        "/auth/sessions", SESSIONS, key=own, who=CUSTOMER, gives=list[Session], absent=b"[]", shape=_listed,
        says="The caller's live sessions, the newest first.",
    ),
    command(
        "DELETE", "/auth/sessions/{id}", EndSession, to=TOPIC, takes=Nothing, make=_end, key=own, who=CUSTOMER,
        gives=Done, waits_for_view=DENY, must_be_shown=True,
        says="End one session of the caller.",
    ),
)  # fmt: skip
