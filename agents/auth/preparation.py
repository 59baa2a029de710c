"""The slow and secret work of account commands, before any transaction: open sealed passwords, hash and check them,
derive tokens, seal answers. Everything derives from the command's id and time, so a retry makes the same tokens."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

import msgspec
import nacl.exceptions
import nacl.public

from agents.auth.access_tokens import AccessTokens
from agents.auth.account import (
    Account,
    CheckedMailToken,
    CheckedPassword,
    Grant,
    NewAccount,
    Renewal,
    Unusable,
    refresh_verdict,
)
from agents.auth.passwords import LONGEST, SHORTEST, Passwords
from stores.keyring import AgentKeys
from topics import headers as names
from topics import tokens
from topics.auth_commands import Command, Login, Logout, Refresh, Register, ResendVerification, VerifyEmail
from topics.auth_events import IssuedToken, SessionRefreshed, SessionStarted, Verification
from topics.decision import Sealed
from topics.documents import Tokens
from topics.ids import derive

_NO_ACCOUNT = Unusable("invalid_account", "this is no account")


class AccountPreparation:
    """plain_tokens: EMAIL_EVENT_TOKENS=plain, mail tokens are then in events as they are."""

    def __init__(self, keys: AgentKeys, passwords: Passwords, *, plain_tokens: bool = False) -> None:
        self._box = nacl.public.SealedBox(keys.auth_box)
        self._mail_key = keys.mail_tokens
        self._access = AccessTokens(keys.jwt)
        self._passwords = passwords
        self._plain_tokens = plain_tokens

    async def prepare(
        self,
        command: Command,
        aggregate_id: str,
        state: Account,
        headers: Mapping[str, str],
        now: datetime,
        command_id: str,
    ) -> Any:
        """What the decider needs besides the state; Unusable where the command is at fault. Never raises for data."""
        seal = headers.get(names.REPLY_SEAL)
        try:
            match command:
                case Register():
                    return await self._new_account(command, aggregate_id, now, command_id)
                case ResendVerification():
                    return NewAccount("", self._verification(aggregate_id, now, command_id))
                case VerifyEmail():
                    return self._checked_mail_token(command, aggregate_id, now, command_id, seal)
                case Login():
                    return await self._checked_password(command, aggregate_id, state, now, command_id, seal)
                case Refresh():
                    return self._renewal(command, aggregate_id, state, now, command_id, seal)
                case Logout():
                    return None
                case _:
                    assert_never(command)
        except tokens.BadToken:
            return _NO_ACCOUNT

    async def _new_account(
        self, command: Register, user_id: str, now: datetime, command_id: str
    ) -> NewAccount | Unusable:
        password = self._opened(command.password_box)
        if password is None:
            return Unusable("invalid_password", "the password cannot be read, send it again", "password")
        if not SHORTEST <= len(password) <= LONGEST:
            return Unusable("invalid_password", f"a password has {SHORTEST} to {LONGEST} characters", "password")
        verification = self._verification(user_id, now, command_id)
        return NewAccount(await self._passwords.hash(password), verification)

    def _verification(self, user_id: str, now: datetime, command_id: str) -> Verification:
        reference = derive(command_id, "verification")
        token = tokens.mail_token(self._mail_key, tokens.VERIFY, user_id, reference)
        return Verification(
            reference=reference,
            token_sha256=tokens.sha256_hex(token),
            expires_at=now + tokens.MAIL_TOKEN_LIFE,
            token=token if self._plain_tokens else None,
        )

    def _checked_mail_token(
        self, command: VerifyEmail, user_id: str, now: datetime, command_id: str, seal: str | None
    ) -> CheckedMailToken:
        token = tokens.mail_token(self._mail_key, tokens.VERIFY, user_id, command.reference)
        genuine = hmac.compare_digest(tokens.sha256_hex(token), command.token_sha256)
        return CheckedMailToken(genuine, self._grant(user_id, now, command_id, seal))

    async def _checked_password(
        self, command: Login, user_id: str, state: Account, now: datetime, command_id: str, seal: str | None
    ) -> CheckedPassword | Unusable:
        password = self._opened(command.password_box)
        matches = await self._passwords.matches(state.password_hash, (password or "")[: LONGEST + 1])
        if password is None:
            return Unusable("invalid_password", "the password cannot be read, send it again", "password")
        return CheckedPassword(state.password_hash, matches, self._grant(user_id, now, command_id, seal))

    def _grant(self, user_id: str, now: datetime, command_id: str, seal: str | None) -> Grant:
        session_id, generation = derive(command_id, "session"), derive(command_id, "generation")
        refresh = tokens.refresh_token(self._mail_key, user_id, session_id, generation)
        session = SessionStarted(
            session_id=session_id,
            access=_access(command_id, now),
            generation=generation,
            refresh_sha256=tokens.sha256_hex(refresh),
            started_at=now,
            expires_at=now + tokens.REFRESH_TOKEN_LIFE,
        )
        access = self._access.issue(user_id, session_id, session.access, now)
        return Grant(session, _sealed(access, refresh, seal))

    def _renewal(
        self, command: Refresh, user_id: str, state: Account, now: datetime, command_id: str, seal: str | None
    ) -> Renewal | None:
        session = state.sessions.get(command.session_id)
        verdict = refresh_verdict(session, command.token_sha256, now)
        if session is None or verdict not in ("rotate", "again"):
            return None
        rotate = verdict == "rotate"
        generation = derive(command_id, "generation") if rotate else session.generation
        refresh = tokens.refresh_token(self._mail_key, user_id, command.session_id, generation)
        renewed = SessionRefreshed(
            session_id=command.session_id,
            access=_access(command_id, now),
            generation=generation,
            refresh_sha256=tokens.sha256_hex(refresh),
            refreshed_at=now,
            expires_at=now + tokens.REFRESH_TOKEN_LIFE,
        )
        access = self._access.issue(user_id, command.session_id, renewed.access, now)
        return Renewal(session.generation, renewed, _sealed(access, refresh, seal))

    def _opened(self, box: str) -> str | None:
        try:
            return self._box.decrypt(base64.b64decode(box, validate=True)).decode()
        except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, binascii.Error, ValueError):
            return None


def _access(command_id: str, now: datetime) -> IssuedToken:
    return IssuedToken(jti=derive(command_id, "access"), expires_at=now + tokens.ACCESS_TOKEN_LIFE)


def _sealed(access: str, refresh: str, seal: str | None) -> Sealed | None:
    """None where the asker named no key, or none that is one: then nobody can read an answer."""
    try:
        asker = nacl.public.SealedBox(nacl.public.PublicKey(base64.b64decode(seal or "", validate=True)))
    except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, nacl.exceptions.ValueError, ValueError):
        return None
    answer = msgspec.json.encode(Tokens(access_token=access, refresh_token=refresh, token=access))
    return Sealed(box=base64.b64encode(asker.encrypt(answer)).decode())
