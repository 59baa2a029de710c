"""What is hashed for a command before its account's turn comes goes with it on the topic, sealed by auth for itself."""

import base64
import hashlib
import hmac
from typing import Protocol

import msgspec
import nacl.exceptions
import nacl.secret

from topics.contracts.auth_commands import Login, Register, ResetPassword

Hashed = Register | Login | ResetPassword
"""Commands for which a password is hashed."""


class Hashes(Protocol):
    """See agents.auth.passwords.Passwords."""

    async def hash(self, password: str) -> str: ...
    async def matches(self, against: str, password: str) -> bool: ...


class Found(msgspec.Struct, kw_only=True):
    """Of one command. box: SHA-256 of its sealed password. made: the new password's hash. checked: SHA-256 of each hash with
    which the password was compared, in order, and whether it is the one of that hash."""

    command_id: str
    box: str
    made: str | None = None
    checked: list[tuple[str, bool]] = msgspec.field(default_factory=list[tuple[str, bool]])


class Remembering:
    """Hashes what was not hashed before, and notes it in `found`.

    The steps are the same as before, one by one: of a hash that is asked for twice (that of nobody) the second is made, too, so
    that the time tells nothing.
    """

    def __init__(self, hashes: Hashes, found: Found) -> None:
        self._hashes = hashes
        self._step = 0
        self.found = found

    async def hash(self, password: str) -> str:
        if self.found.made is None:
            self.found.made = await self._hashes.hash(password)
        return self.found.made

    async def matches(self, against: str, password: str) -> bool:
        known, step, name = self.found.checked, self._step, _sha256(against)
        self._step += 1
        if known[step : step + 1] not in ([(name, True)], [(name, False)]):
            known[step:] = [(name, await self._hashes.matches(against, password))]
        return known[step][1]


class FoundBox:
    """Seals and opens what was found. key: of the agents; who has it not can neither read nor make it."""

    def __init__(self, key: bytes) -> None:
        self._box = nacl.secret.SecretBox(hmac.digest(key, b"hashed beforehand", "sha256"))

    def sealed(self, found: Found) -> str:
        return base64.b64encode(self._box.encrypt(msgspec.json.encode(found))).decode()

    def opened(self, header: str | None, command: Hashed, command_id: str) -> Found:
        """Nothing is found where there is no such header, or one of another command."""
        nothing = Found(command_id=command_id, box=_sha256(command.password_box))
        try:
            said = self._box.decrypt(base64.b64decode(header or "", validate=True))
            found = msgspec.json.decode(said, type=Found)
        except (nacl.exceptions.CryptoError, ValueError):
            return nothing
        return found if (found.command_id, found.box) == (nothing.command_id, nothing.box) else nothing


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
