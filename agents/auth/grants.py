"""Sessions as their owners get them: tokens that derive from the session, sealed to the edge process that asked."""

import base64
from collections.abc import Mapping
from datetime import datetime

import msgspec
import nacl.exceptions
import nacl.public

from agents.auth.access_tokens import AccessTokens
from agents.auth.account import MAX_ACCESS, Account, Grant, Renewal, Session, refresh_verdict
from stores.keyring import AgentKeys
from topics.contracts.auth_commands import Refresh
from topics.contracts.auth_events import IssuedToken, SessionRefreshed, SessionStarted
from topics.deciding.decision import Sealed
from topics.documents.account import Tokens
from topics.messages import headers as names
from topics.messages.ids import derive
from topics.values import tokens


class Grants:
    """headers, throughout: of the command, they name whom to seal to."""

    def __init__(self, keys: AgentKeys) -> None:
        self._key = keys.mail_tokens
        self._access = AccessTokens(keys.jwt)

    def start(self, user_id: str, now: datetime, command_id: str, headers: Mapping[str, str]) -> Grant:
        session_id, generation = derive(command_id, "session"), derive(command_id, "generation")
        session = SessionStarted(
            session_id=session_id,
            access=_access(command_id, now),
            generation=generation,
            refresh_sha256=tokens.sha256_hex(self._refresh_token(user_id, session_id, generation)),
            started_at=now,
            expires_at=now + tokens.REFRESH_TOKEN_LIFE,
        )
        return self.of(session, user_id, headers)

    def of(self, session: SessionStarted, user_id: str, headers: Mapping[str, str]) -> Grant:
        """The tokens that this session began with; the same ones whenever they are asked for."""
        refresh = self._refresh_token(user_id, session.session_id, session.generation)
        access = self._access.issue(user_id, session.session_id, session.access, session.started_at)
        return Grant(session, _sealed(access, refresh, headers))

    def renew(
        self, command: Refresh, user_id: str, state: Account, now: datetime, command_id: str, headers: Mapping[str, str]
    ) -> Renewal | None:
        session = state.sessions.get(command.session_id)
        verdict = refresh_verdict(session, command.token_sha256, now)
        if session is None or verdict not in ("rotate", "again"):
            return None
        generation = derive(command_id, "generation") if verdict == "rotate" else session.generation
        refresh = self._refresh_token(user_id, command.session_id, generation)
        renewed = SessionRefreshed(
            session_id=command.session_id,
            access=_next_access(session, command_id, now),
            generation=generation,
            refresh_sha256=tokens.sha256_hex(refresh),
            refreshed_at=now,
            expires_at=now + tokens.REFRESH_TOKEN_LIFE,
        )
        access = self._access.issue(user_id, command.session_id, renewed.access, now)
        return Renewal(session.generation, renewed, _sealed(access, refresh, headers))

    def _refresh_token(self, user_id: str, session_id: str, generation: str) -> str:
        return tokens.refresh_token(self._key, user_id, session_id, generation)


def _access(command_id: str, now: datetime) -> IssuedToken:
    return IssuedToken(jti=derive(command_id, "access"), expires_at=now + tokens.ACCESS_TOKEN_LIFE)


def _next_access(session: Session, command_id: str, now: datetime) -> IssuedToken:
    """Whoever refreshes all the time is given the newest token again, while it lasts."""
    live = [token for token in session.access if token.expires_at > now]
    return _access(command_id, now) if len(live) < MAX_ACCESS else live[-1]


def _sealed(access: str, refresh: str, headers: Mapping[str, str]) -> Sealed | None:
    """None where the asker named no key, or none that is one: then nobody can read an answer."""
    seal = headers.get(names.REPLY_SEAL)
    try:
        asker = nacl.public.SealedBox(nacl.public.PublicKey(base64.b64decode(seal or "", validate=True)))
    except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, nacl.exceptions.ValueError, ValueError):
        return None
    answer = msgspec.json.encode(Tokens(access_token=access, refresh_token=refresh, token=access))
    return Sealed(box=base64.b64encode(asker.encrypt(answer)).decode())
