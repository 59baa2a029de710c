"""The slow and secret work of account commands, before any transaction: open sealed passwords, hash and check them,
derive tokens, seal answers. Everything derives from the command's id and time, so a retry makes the same tokens."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

import nacl.exceptions
import nacl.public

from agents.auth.account import (
    Account,
    CheckedLink,
    CheckedPassword,
    CheckedReset,
    NewAccount,
    NewMailToken,
    Unusable,
    first_session,
    link_verdict,
)
from agents.auth.grants import Grants
from agents.auth.hashing import FoundBox, Hashed, Hashes, Remembering
from agents.auth.passwords import Passwords
from stores.keyring import AgentKeys
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
from topics.contracts.auth_events import Verification
from topics.messages import headers as names
from topics.messages.ids import derive
from topics.values import forms, tokens
from topics.values.passwords import LENGTH, LONGEST, well_sized

_NO_ACCOUNT = Unusable("invalid_account", "this is no account")
_UNREADABLE = Unusable("invalid_password", "the password cannot be read, send it again", "password")
_ILL_SIZED = Unusable("invalid_password", LENGTH, "password")

Headers = Mapping[str, str]


class AccountPreparation:
    """plain_tokens: EMAIL_EVENT_TOKENS=plain, mail tokens are then in events as they are."""

    def __init__(self, keys: AgentKeys, passwords: Passwords, *, plain_tokens: bool = False) -> None:
        self._box = nacl.public.SealedBox(keys.auth_box)
        self._mail_key = keys.mail_tokens
        self._grants = Grants(keys)
        self._passwords = passwords
        self._found = FoundBox(keys.mail_tokens)
        self._plain_tokens = plain_tokens

    def heavy(self, command: Command) -> bool:
        return isinstance(command, Hashed)

    async def prepare(
        self, command: Command, aggregate_id: str, state: Account, headers: Headers, now: datetime, command_id: str
    ) -> Any:
        """What the decider needs besides the state; Unusable where the command is at fault. Never raises for data."""
        hashes: Hashes = self._passwords
        if isinstance(command, Hashed):
            found = self._found.opened(headers.get(names.PREPARED), command, command_id)
            hashes = Remembering(self._passwords, found)
        return await self._prepared(hashes, command, aggregate_id, state, headers, now, command_id)

    async def hashed(
        self, command: Hashed, aggregate_id: str, state: Account, headers: Headers, now: datetime, command_id: str
    ) -> str:
        """The header PREPARED: with it `prepare` hashes nothing, unless the password has changed meanwhile. The same steps."""
        hashes = Remembering(self._passwords, self._found.opened(None, command, command_id))
        await self._prepared(hashes, command, aggregate_id, state, headers, now, command_id)
        return self._found.sealed(hashes.found)

    async def _prepared(
        self, hashes: Hashes, command: Command, aggregate_id: str, state: Account, headers: Headers, now: datetime,
        command_id: str,
    ) -> Any:  # fmt: skip
        try:
            match command:
                case Register():
                    return await self._new_account(hashes, command, aggregate_id, now, command_id)
                case ResendVerification():
                    return NewMailToken(self._mail_token(tokens.VERIFY, aggregate_id, now, command_id))
                case RequestPasswordReset():
                    return NewMailToken(self._mail_token(tokens.RESET, aggregate_id, now, command_id))
                case VerifyEmail():
                    return self._checked_link(command, aggregate_id, state, now, command_id, headers)
                case ResetPassword():
                    return await self._checked_reset(hashes, command, aggregate_id)
                case Login():
                    return await self._checked_password(hashes, command, aggregate_id, state, now, command_id, headers)
                case Refresh():
                    return self._grants.renew(command, aggregate_id, state, now, command_id, headers)
                case Logout() | LogoutAll() | EndSession() | EraseAccount():
                    return None
                case _:
                    assert_never(command)
        except tokens.BadToken:
            return _NO_ACCOUNT

    async def _new_account(
        self, hashes: Hashes, command: Register, user_id: str, now: datetime, command_id: str
    ) -> NewAccount | Unusable:
        """The same work for every address, so that the time it takes does not tell who is registered."""
        hashed = await self._hashed(hashes, command.password_box)
        verification = self._mail_token(tokens.VERIFY, user_id, now, command_id)
        reset = self._mail_token(tokens.RESET, user_id, now, command_id)
        return hashed if isinstance(hashed, Unusable) else NewAccount(hashed, verification, reset)

    def _mail_token(self, purpose: str, user_id: str, now: datetime, command_id: str) -> Verification:
        reference = derive(command_id, "verification" if purpose == tokens.VERIFY else "reset")
        token = tokens.mail_token(self._mail_key, purpose, user_id, reference)
        return Verification(
            reference=reference,
            token_sha256=tokens.sha256_hex(token),
            expires_at=now + tokens.MAIL_TOKEN_LIFE,
            token=token if self._plain_tokens else None,
        )

    def _genuine(self, purpose: str, user_id: str, command: VerifyEmail | ResetPassword) -> bool:
        token = tokens.mail_token(self._mail_key, purpose, user_id, command.reference)
        return hmac.compare_digest(tokens.sha256_hex(token), command.token_sha256)

    def _checked_link(
        self, command: VerifyEmail, user_id: str, state: Account, now: datetime, command_id: str, headers: Headers
    ) -> CheckedLink:
        verdict, grant = link_verdict(state, command.reference, now), None
        if verdict == "first":
            grant = self._grants.start(user_id, now, command_id, headers)
        elif (session := first_session(state, command.reference, now)) is not None:
            grant = self._grants.of(session, user_id, headers)
        return CheckedLink(self._genuine(tokens.VERIFY, user_id, command), verdict, grant)

    async def _checked_reset(self, hashes: Hashes, command: ResetPassword, user_id: str) -> CheckedReset:
        """Nothing is hashed for a forged token."""
        if not self._genuine(tokens.RESET, user_id, command):
            return CheckedReset(False, "")
        return CheckedReset(True, await self._hashed(hashes, command.password_box))

    async def _checked_password(
        self,
        hashes: Hashes,
        command: Login,
        user_id: str,
        state: Account,
        now: datetime,
        command_id: str,
        headers: Headers,
    ) -> CheckedPassword | Unusable:
        password = self._opened(command.password_box)
        said = (password or "")[: LONGEST + 1]
        matches = await hashes.matches(state.password_hash, said)
        # For every address alike: the time must not tell whether there is a password that was registered in vain.
        refused = not (matches and state.verified) and await hashes.matches(state.refused_hash, said)
        if password is None:
            return _UNREADABLE
        grant = self._grants.start(user_id, now, command_id, headers)
        return CheckedPassword(state.password_hash, matches, grant, refused)

    async def _hashed(self, hashes: Hashes, box: str) -> str | Unusable:
        password = self._opened(box)
        if password is None:
            return _UNREADABLE
        return await hashes.hash(password) if well_sized(password) else _ILL_SIZED

    def _opened(self, box: str) -> str | None:
        """In its normal form."""
        try:
            return forms.password(self._box.decrypt(base64.b64decode(box, validate=True)).decode())
        except (nacl.exceptions.CryptoError, nacl.exceptions.TypeError, binascii.Error, ValueError):
            return None


class HashedBeforehand:
    """What auth does for commands that come on auth_hashing (agents.runtime.deciding.ahead.Beforehand)."""

    def __init__(self, preparation: AccountPreparation) -> None:
        self._preparation = preparation

    def heavy(self, command: Hashed) -> bool:
        return True

    async def prepare(
        self, command: Hashed, aggregate_id: str, state: Account, headers: Headers, now: datetime, command_id: str
    ) -> str:
        return await self._preparation.hashed(command, aggregate_id, state, headers, now, command_id)
