"""Preparation opens, hashes, checks and seals; whatever it is sent, it answers and does not crash."""

import base64
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any

import jwt
import msgspec
import nacl.public
import nacl.signing
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agents.auth.account import Account, CheckedLink, CheckedPassword, NewAccount, NewMailToken, Renewal, Unusable
from agents.auth.decider import DECIDER
from agents.auth.passwords import Passwords
from agents.auth.preparation import AccountPreparation
from stores.keyring import AgentKeys
from tests.agents.scenario import COMMAND_ID, ID, LATER, NOW, evolved
from topics.contracts.auth_commands import Command, Login, Logout, Refresh, Register, ResendVerification, VerifyEmail
from topics.contracts.auth_events import AccountRegistered, EmailVerified
from topics.documents.account import Tokens
from topics.messages import headers
from topics.values import tokens
from topics.values.tokens import key_id

KEYS = AgentKeys(
    jwt=nacl.signing.SigningKey(b"j" * 32),
    auth_box=nacl.public.PrivateKey(b"b" * 32),
    mail_tokens=b"m" * 32,
    provider=b"p" * 32,
)
EDGE = nacl.public.PrivateKey(b"e" * 32)
SEAL = {headers.REPLY_SEAL: base64.b64encode(bytes(EDGE.public_key)).decode()}
EMAIL, PASSWORD = "ayse@example.com", "doğru at pil zımba"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def boxed(password: str | bytes) -> str:
    said = password.encode() if isinstance(password, str) else password
    return base64.b64encode(nacl.public.SealedBox(KEYS.auth_box.public_key).encrypt(said)).decode()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def preparation() -> AsyncGenerator[AccountPreparation]:
    yield AccountPreparation(KEYS, Passwords(CHEAP))


async def prepared(
    preparation: AccountPreparation,
    command: Command,
    state: Account | None = None,
    *,
    user_id: str = ID,
    seal: Mapping[str, str] = SEAL,
    command_id: str = COMMAND_ID,
) -> Any:
    return await preparation.prepare(command, user_id, state or Account(), seal, NOW, command_id)


def opened(box: str) -> Tokens:
    return msgspec.json.decode(nacl.public.SealedBox(EDGE).decrypt(base64.b64decode(box)), type=Tokens)


async def account(preparation: AccountPreparation) -> Account:
    made = await prepared(preparation, Register(email=EMAIL, password_box=boxed(PASSWORD)))
    registered = AccountRegistered(email=EMAIL, verification=made.verification, password_hash=made.password_hash)
    verified = EmailVerified(email=EMAIL, reference=made.verification.reference)
    return evolved(DECIDER, Account(), (registered, verified))


async def test_a_password_is_hashed_with_argon2id(preparation: AccountPreparation) -> None:
    made = await prepared(preparation, Register(email=EMAIL, password_box=boxed(PASSWORD)))
    assert isinstance(made, NewAccount)
    assert made.password_hash.startswith("$argon2id$") and PASSWORD not in made.password_hash
    assert CHEAP.verify(made.password_hash, PASSWORD)


async def test_the_mail_token_is_known_by_its_hash_only(preparation: AccountPreparation) -> None:
    made = await prepared(preparation, Register(email=EMAIL, password_box=boxed(PASSWORD)))
    token = tokens.mail_token(KEYS.mail_tokens, tokens.VERIFY, ID, made.verification.reference)
    assert made.verification.token_sha256 == tokens.sha256_hex(token)
    assert made.verification.token is None
    assert made.verification.expires_at == NOW + timedelta(minutes=15)


async def test_a_peer_that_needs_it_gets_the_token_in_plain() -> None:
    plain = AccountPreparation(KEYS, Passwords(CHEAP), plain_tokens=True)
    made = await prepared(plain, ResendVerification(email=EMAIL))
    assert isinstance(made, NewMailToken) and made.token.token is not None
    assert made.token.token_sha256 == tokens.sha256_hex(made.token.token)
    assert tokens.read(made.token.token) == (ID, made.token.reference)


async def test_a_retry_makes_the_same_mail_token(preparation: AccountPreparation) -> None:
    first, second = [await prepared(preparation, ResendVerification(email=EMAIL)) for _ in range(2)]
    other = await prepared(preparation, ResendVerification(email=EMAIL), command_id="another")
    assert first.token == second.token != other.token


GARBAGE = ["", "not base64!", "YQ==", base64.b64encode(b"x" * 200).decode(), "ä" * 10, boxed(b"\xff\xfe\xfd" * 5)]


@pytest.mark.parametrize("box", GARBAGE, ids=range(len(GARBAGE)))
async def test_a_box_of_garbage_is_refused_clearly(preparation: AccountPreparation, box: str) -> None:
    made = await prepared(preparation, Register(email=EMAIL, password_box=box))
    assert isinstance(made, Unusable)
    assert (made.code, made.field) == ("invalid_password", "password")


@pytest.mark.parametrize("box", GARBAGE, ids=range(len(GARBAGE)))
async def test_a_login_with_garbage_matches_nothing(preparation: AccountPreparation, box: str) -> None:
    made = await prepared(preparation, Login(email=EMAIL, password_box=box), await account(preparation))
    assert isinstance(made, Unusable)


@pytest.mark.parametrize(("length", "good"), [(7, False), (8, True), (128, True), (129, False)])
async def test_a_password_has_8_to_128_characters(preparation: AccountPreparation, length: int, good: bool) -> None:
    made = await prepared(preparation, Register(email=EMAIL, password_box=boxed("ş" * length)))
    assert isinstance(made, NewAccount) is good


async def test_the_right_password_matches_and_grants_tokens(preparation: AccountPreparation) -> None:
    known = await account(preparation)
    made = await prepared(preparation, Login(email=EMAIL, password_box=boxed(PASSWORD)), known)
    assert isinstance(made, CheckedPassword) and made.matches and made.against == known.password_hash
    assert made.grant.answer is not None
    granted = opened(made.grant.answer.box)
    assert granted.token == granted.access_token
    assert tokens.sha256_hex(granted.refresh_token) == made.grant.session.refresh_sha256
    assert tokens.read(granted.refresh_token) == (ID, made.grant.session.session_id)


async def test_a_wrong_password_does_not_match(preparation: AccountPreparation) -> None:
    known = await account(preparation)
    made = await prepared(preparation, Login(email=EMAIL, password_box=boxed(PASSWORD + "x")), known)
    assert isinstance(made, CheckedPassword) and not made.matches


async def test_a_password_is_not_cut_to_the_longest(preparation: AccountPreparation) -> None:
    registered = await prepared(preparation, Register(email=EMAIL, password_box=boxed("x" * 128)))
    known = Account(email=EMAIL, password_hash=registered.password_hash)
    made = await prepared(preparation, Login(email=EMAIL, password_box=boxed("x" * 4000)), known)
    assert not made.matches


async def test_nobodys_password_matches_nothing(preparation: AccountPreparation) -> None:
    for password in ("", "the hash of nobody's password", PASSWORD):
        made = await prepared(preparation, Login(email=EMAIL, password_box=boxed(password)))
        assert isinstance(made, CheckedPassword) and (made.against, made.matches) == ("", False)


async def test_a_hash_that_is_none_matches_nothing(preparation: AccountPreparation) -> None:
    broken = Account(email=EMAIL, password_hash="not a hash")
    made = await prepared(preparation, Login(email=EMAIL, password_box=boxed(PASSWORD)), broken)
    assert not made.matches


async def test_an_access_token_says_who_until_when_and_is_signed(preparation: AccountPreparation) -> None:
    made = await prepared(preparation, Login(email=EMAIL, password_box=boxed(PASSWORD)), await account(preparation))
    access = opened(made.grant.answer.box).access_token
    public = Ed25519PublicKey.from_public_bytes(bytes(KEYS.jwt.verify_key))
    claims = jwt.decode(access, public, algorithms=["EdDSA"], options={"verify_exp": False, "verify_iat": False})
    assert claims == {
        "sub": ID,
        "sid": made.grant.session.session_id,
        "jti": made.grant.session.access.jti,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 15 * 60,
    }
    assert jwt.get_unverified_header(access) == {
        "alg": "EdDSA",
        "typ": "JWT",
        "kid": key_id(bytes(KEYS.jwt.verify_key)),
    }


async def test_a_retry_grants_the_same_tokens(preparation: AccountPreparation) -> None:
    login, known = Login(email=EMAIL, password_box=boxed(PASSWORD)), await account(preparation)
    first, second = [(await prepared(preparation, login, known)).grant for _ in range(2)]
    assert first.session == second.session
    assert opened(first.answer.box) == opened(second.answer.box)


@pytest.mark.parametrize("seal", [None, "", "garbage", "YQ==", "ä", base64.b64encode(b"x" * 33).decode()])
async def test_without_a_key_to_seal_to_there_is_no_answer(preparation: AccountPreparation, seal: str | None) -> None:
    named = {} if seal is None else {headers.REPLY_SEAL: seal}
    login = Login(email=EMAIL, password_box=boxed(PASSWORD))
    made = await prepared(preparation, login, await account(preparation), seal=named)
    assert made.matches and made.grant.answer is None


def verify(token: str) -> VerifyEmail:
    return VerifyEmail(reference=tokens.read(token)[1], token_sha256=tokens.sha256_hex(token))


async def test_a_mailed_token_is_genuine_for_its_account_only(preparation: AccountPreparation) -> None:
    made = await prepared(preparation, ResendVerification(email=EMAIL))
    token = tokens.mail_token(KEYS.mail_tokens, tokens.VERIFY, ID, made.token.reference)
    checked = await prepared(preparation, verify(token))
    assert isinstance(checked, CheckedLink) and checked.genuine
    other = await prepared(preparation, verify(token), user_id="00000000-0000-4000-8000-000000000000")
    assert not other.genuine


async def test_a_token_for_another_purpose_is_not_genuine(preparation: AccountPreparation) -> None:
    reference = tokens.read(tokens.mail_token(KEYS.mail_tokens, tokens.VERIFY, ID, ID))[1]
    reset = tokens.mail_token(KEYS.mail_tokens, tokens.RESET, ID, reference)
    assert not (await prepared(preparation, verify(reset))).genuine


async def logged_in(preparation: AccountPreparation) -> tuple[Account, str]:
    """The account, and its refresh token."""
    known = await account(preparation)
    grant = (await prepared(preparation, Login(email=EMAIL, password_box=boxed(PASSWORD)), known)).grant
    return DECIDER.evolve(known, grant.session), opened(grant.answer.box).refresh_token


def refresh(token: str) -> Refresh:
    return Refresh(session_id=tokens.read(token)[1], token_sha256=tokens.sha256_hex(token))


async def test_a_refresh_rotates_the_token(preparation: AccountPreparation) -> None:
    known, token = await logged_in(preparation)
    made = await prepared(preparation, refresh(token), known, command_id="refresh-1")
    assert isinstance(made, Renewal) and made.answer is not None
    renewed = opened(made.answer.box).refresh_token
    assert renewed != token
    assert tokens.sha256_hex(renewed) == made.session.refresh_sha256


async def test_a_second_tab_is_given_the_rotated_token(preparation: AccountPreparation) -> None:
    known, token = await logged_in(preparation)
    first = await prepared(preparation, refresh(token), known, command_id="refresh-1")
    then = DECIDER.evolve(known, first.session)
    second = await prepared(preparation, refresh(token), then, command_id="refresh-2")
    assert opened(second.answer.box).refresh_token == opened(first.answer.box).refresh_token
    assert second.session.access.jti != first.session.access.jti
    assert second.seen == first.session.generation


async def test_a_refresh_of_nothing_is_prepared_as_nothing(preparation: AccountPreparation) -> None:
    known, token = await logged_in(preparation)
    forged = Refresh(session_id=tokens.read(token)[1], token_sha256="f" * 64)
    assert await prepared(preparation, forged, known) is None
    assert await prepared(preparation, refresh(token)) is None


async def test_a_key_that_is_no_account_is_unusable_and_crashes_nothing(preparation: AccountPreparation) -> None:
    commands: list[Command] = [
        Register(email=EMAIL, password_box=boxed(PASSWORD)),
        ResendVerification(email=EMAIL),
        VerifyEmail(reference=ID, token_sha256="a" * 64),
        Login(email=EMAIL, password_box=boxed(PASSWORD)),
    ]
    for command in commands:
        assert isinstance(await prepared(preparation, command, user_id="not a uuid"), Unusable)


async def test_a_logout_needs_no_preparation(preparation: AccountPreparation) -> None:
    assert await prepared(preparation, Logout(sid="s", jti="j", exp=LATER)) is None
