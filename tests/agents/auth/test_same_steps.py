"""Nobody learns from an answer's time who is registered: known and unknown addresses take the same steps."""

from typing import Any

import msgspec
import pytest

from agents.auth.account import MAX_ACCESS, Account, CheckedLink, CheckedReset, NewAccount, NewMailToken, Unusable
from agents.auth.decider import DECIDER
from agents.auth.passwords import Passwords
from agents.auth.preparation import AccountPreparation
from tests.agents.auth.test_preparation import CHEAP, EMAIL, KEYS, PASSWORD, SEAL, boxed, opened
from tests.agents.scenario import COMMAND_ID, ID, NOW, evolved
from topics.contracts.auth_commands import (
    Command,
    Login,
    Refresh,
    Register,
    RequestPasswordReset,
    ResendVerification,
    ResetPassword,
    VerifyEmail,
)
from topics.contracts.auth_events import AccountRegistered, EmailVerified
from topics.values import tokens

NFC, NFD = "şifre-ğüé1", "s\u0327ifre-g\u0306u\u0308e\u03011"


class Counting(Passwords):
    """hashes: how many were computed, to make one or to check one."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.hashes = 0

    async def hash(self, password: str) -> str:
        self.hashes += 1
        return await super().hash(password)

    async def matches(self, against: str, password: str) -> bool:
        self.hashes += 1
        return await super().matches(against, password)


async def prepared(command: Command, state: Account, command_id: str = COMMAND_ID, *, count: int | None = None) -> Any:
    passwords = Counting()
    made = await AccountPreparation(KEYS, passwords).prepare(command, ID, state, SEAL, NOW, command_id)
    if count is not None:
        assert passwords.hashes == count
    return made


async def states(password: str = PASSWORD) -> dict[str, Account]:
    made = await prepared(Register(email=EMAIL, password_box=boxed(password)), Account())
    registered = AccountRegistered(email=EMAIL, verification=made.verification, password_hash=made.password_hash)
    waits = evolved(DECIDER, Account(), (registered,))
    verified = EmailVerified(email=EMAIL, reference=made.verification.reference)
    return {"unknown": Account(), "not verified": waits, "verified": evolved(DECIDER, waits, (verified,))}


WHOSE = pytest.mark.parametrize("whose", ["unknown", "not verified", "verified"])


@WHOSE
async def test_a_registration_hashes_once_and_makes_both_mails_tokens(whose: str) -> None:
    command = Register(email=EMAIL, password_box=boxed(PASSWORD))
    assert isinstance(await prepared(command, (await states())[whose], count=1), NewAccount)


@WHOSE
async def test_a_login_that_fails_hashes_twice_for_every_address(whose: str) -> None:
    for password in (PASSWORD, "wrong password", "x" * 512):
        fails = whose != "verified" or password != PASSWORD
        await prepared(Login(email=EMAIL, password_box=boxed(password)), (await states())[whose], count=1 + fails)


async def test_a_password_that_was_registered_in_vain_is_known_as_such() -> None:
    refused = await prepared(Register(email=EMAIL, password_box=boxed("in vain 1")), Account(), count=1)
    known = msgspec.structs.replace((await states())["verified"], refused_hash=refused.password_hash)
    made = await prepared(Login(email=EMAIL, password_box=boxed("in vain 1")), known, count=2)
    assert (made.matches, made.refused) == (False, True)


@WHOSE
@pytest.mark.parametrize("command", [RequestPasswordReset(email=EMAIL), ResendVerification(email=EMAIL)])
async def test_a_mail_is_prepared_alike_for_every_address(whose: str, command: Command) -> None:
    known, unknown = [await prepared(command, each, count=0) for each in ((await states())[whose], Account())]
    assert isinstance(known, NewMailToken) and known == unknown


def reset(password: str, *, purpose: str = tokens.RESET) -> ResetPassword:
    token = tokens.mail_token(KEYS.mail_tokens, purpose, ID, ID)
    return ResetPassword(reference=ID, token_sha256=tokens.sha256_hex(token), password_box=boxed(password))


async def test_a_reset_hashes_the_new_password_and_nothing_for_a_forged_token() -> None:
    made = await prepared(reset(PASSWORD), Account(), count=1)
    assert isinstance(made, CheckedReset) and made.genuine and isinstance(made.password, str)
    assert CHEAP.verify(made.password, PASSWORD)
    forged = await prepared(reset(PASSWORD, purpose=tokens.VERIFY), Account(), count=0)
    assert forged == CheckedReset(False, "")


@pytest.mark.parametrize("password", ["short", "x" * 129])
async def test_a_reset_to_a_bad_password_says_so(password: str) -> None:
    made = await prepared(reset(password), Account(), count=0)
    assert made.genuine and isinstance(made.password, Unusable) and made.password.field == "password"


# -- one form of a password


@pytest.mark.parametrize(("first", "then"), [(NFC, NFD), (NFD, NFC)])
async def test_a_password_is_the_same_however_it_is_composed(first: str, then: str) -> None:
    assert first != then
    known = (await states(first))["verified"]
    assert (await prepared(Login(email=EMAIL, password_box=boxed(then)), known)).matches
    new = await prepared(reset(first), known)
    assert CHEAP.verify(new.password, NFC)


@pytest.mark.parametrize(("said", "good"), [("g\u0306" * 128, True), ("g\u0306" * 129, False), ("g\u0306" * 7, False)])
async def test_the_limits_count_the_normal_form(said: str, good: bool) -> None:
    made = await prepared(Register(email=EMAIL, password_box=boxed(said)), Account())
    assert isinstance(made, NewAccount) is good


# -- one link, one session


async def test_a_link_again_at_once_gives_the_very_same_tokens() -> None:
    account = (await states())["not verified"]
    reference = account.verifications[0].reference
    link = VerifyEmail(reference=reference, token_sha256=account.verifications[0].token_sha256)
    first = await prepared(link, account, "command-1")
    assert isinstance(first, CheckedLink) and first.genuine and first.grant is not None
    session = first.grant.session
    verified = EmailVerified(email=EMAIL, reference=reference, session_id=session.session_id, verified_at=NOW)
    then = evolved(DECIDER, account, (verified, session))
    second = await prepared(link, then, "command-2")
    assert (second.verdict, second.grant.session) == ("again", session)
    assert opened(second.grant.answer.box) == opened(first.grant.answer.box)


async def test_a_link_of_an_account_that_was_verified_otherwise_gives_no_tokens() -> None:
    account = await states()
    token = account["not verified"].verifications[0]
    link = VerifyEmail(reference=token.reference, token_sha256=token.token_sha256)
    assert await prepared(link, account["verified"]) == CheckedLink(True, "already", None)


async def test_a_session_that_is_refreshed_all_the_time_has_few_access_tokens() -> None:
    """Or the event that denies them would grow beyond what a topic takes, and no logout could end the session."""
    account = (await states())["verified"]
    grant = (await prepared(Login(email=EMAIL, password_box=boxed(PASSWORD)), account)).grant
    state, session_id = evolved(DECIDER, account, (grant.session,)), grant.session.session_id
    for n in range(MAX_ACCESS + 5):
        sha = state.sessions[session_id].refresh_sha256
        made = await prepared(Refresh(session_id=session_id, token_sha256=sha), state, f"refresh-{n}")
        assert made.session.access.expires_at > NOW and made.session.generation != made.seen
        state = evolved(DECIDER, state, (made.session,))
    known = [token.jti for token in state.sessions[session_id].access]
    assert len(known) == len(set(known)) == MAX_ACCESS
    assert made.session.access.jti == known[-1], "what is given is denied at a logout"
