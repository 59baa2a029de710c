"""What was hashed beforehand is not hashed again, is nobody else's, and tells nobody anything."""

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from agents.auth.account import Account, CheckedPassword
from agents.auth.hashing import FoundBox
from agents.auth.preparation import AccountPreparation, HashedBeforehand
from tests.agents.auth.test_preparation import CHEAP, EMAIL, KEYS, PASSWORD, SEAL, boxed
from tests.agents.auth.test_same_steps import Counting, states
from tests.agents.scenario import COMMAND_ID, ID, NOW
from topics.contracts.auth_commands import Login, Register, ResetPassword
from topics.messages import headers
from topics.values import tokens

REFERENCE = "00000000-0000-4000-8000-000000000001"
GENUINE = tokens.sha256_hex(tokens.mail_token(KEYS.mail_tokens, tokens.RESET, ID, REFERENCE))


class Steps:
    """A preparation, and how much was hashed before and after."""

    def __init__(self) -> None:
        self.passwords = Counting()
        self.preparation = AccountPreparation(KEYS, self.passwords)

    async def before(self, command: Any, state: Account, command_id: str = COMMAND_ID) -> str:
        return await HashedBeforehand(self.preparation).prepare(command, ID, state, SEAL, NOW, command_id)

    async def after(self, command: Any, state: Account, found: str, command_id: str = COMMAND_ID) -> tuple[Any, int]:
        """What the decision gets, and how many hashes it took."""
        had = self.passwords.hashes
        said = {**SEAL, headers.PREPARED: found}
        made = await self.preparation.prepare(command, ID, state, said, NOW, command_id)
        return made, self.passwords.hashes - had


LOGIN = Login(email=EMAIL, password_box=boxed(PASSWORD))


@pytest.mark.parametrize("known", ["unknown", "not verified", "verified"])
async def test_a_login_is_hashed_once_and_the_second_step_hashes_nothing_whoever_asks(known: str):
    state, steps = (await states())[known], Steps()
    found = await steps.before(LOGIN, state)
    assert steps.passwords.hashes == 1 + (known != "verified"), "the time tells not whether an address is known"
    made, more = await steps.after(LOGIN, state, found)
    assert more == 0 and isinstance(made, CheckedPassword)
    assert (made.matches, made.against) == (known != "unknown", state.password_hash)


async def test_passwords_of_registrations_and_resets_are_hashed_before_their_turn():
    steps = Steps()
    register = Register(email=EMAIL, password_box=boxed(PASSWORD))
    made, more = await steps.after(register, Account(), await steps.before(register, Account()))
    assert more == 0 and CHEAP.verify(made.password_hash, PASSWORD)
    reset = ResetPassword(reference=REFERENCE, token_sha256=GENUINE, password_box=boxed(PASSWORD))
    made, more = await steps.after(reset, Account(), await steps.before(reset, Account()))
    assert more == 0 and made.genuine and CHEAP.verify(made.password, PASSWORD)


async def test_where_the_password_was_changed_meanwhile_the_new_one_is_checked():
    state, steps = (await states())["verified"], Steps()
    found = await steps.before(LOGIN, state)
    changed = replace(state, password_hash=CHEAP.hash("another one"))
    made, more = await steps.after(LOGIN, changed, found)
    assert more >= 1 and not made.matches and made.against == changed.password_hash


async def test_what_was_found_for_one_command_says_nothing_of_another():
    state, steps = (await states())["verified"], Steps()
    found = await steps.before(LOGIN, state)
    guessed = Login(email=EMAIL, password_box=boxed("guessed 1"))
    made, more = await steps.after(guessed, state, found)
    assert more >= 1 and not made.matches
    _, more = await steps.after(LOGIN, state, found, command_id="another")
    assert more >= 1


@pytest.mark.parametrize("said", ["", "no base64!", base64.b64encode(b"x" * 100).decode(), "ğ", "A" * 5000])
async def test_what_somebody_else_says_is_not_believed(said: str):
    state, steps = (await states())["verified"], Steps()
    guessed = Login(email=EMAIL, password_box=boxed("guessed 1"))
    made, more = await steps.after(guessed, state, said)
    assert more >= 1 and not made.matches


async def test_nothing_can_be_read_in_it_without_the_key():
    steps = Steps()
    register = Register(email=EMAIL, password_box=boxed(PASSWORD))
    found = await steps.before(register, Account())
    assert b"argon2" not in base64.b64decode(found)
    assert FoundBox(b"another key" * 3).opened(found, register, COMMAND_ID).made is None


async def test_what_another_release_writes_otherwise_is_nothing():
    box, register = FoundBox(KEYS.mail_tokens), Register(email=EMAIL, password_box=boxed(PASSWORD))
    other = base64.b64encode(box._box.encrypt(b'{"of": 1}')).decode()
    assert box.opened(other, register, COMMAND_ID).made is None
