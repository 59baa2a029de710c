"""An account that its user has erased: nobody can log in, and the address is free for an account of another id."""

from datetime import timedelta
from typing import Any

import pytest

from agents.auth.account import Account, CheckedPassword, CheckedReset, Grant, NewAccount
from agents.auth.decider import DECIDER
from agents.auth.policy import react
from agents.auth.projection import DENY, LOGIN, SESSIONS
from tests.agents import scenario
from tests.agents.auth.test_decider import EMAIL, HASH, QUARTER, REFERENCE, REGISTERED, SESSION, SHA, VERIFIED, started
from tests.agents.auth.test_decider import verification as mail_token
from tests.agents.scenario import ID, LATER, NOW, shelf
from topics.contracts import user_erased
from topics.contracts.auth_commands import (
    EraseAccount,
    Login,
    Refresh,
    Register,
    RequestPasswordReset,
    ResendVerification,
    ResetPassword,
)
from topics.contracts.auth_events import AccountErased, IssuedToken, PasswordResetRequested, SessionEnded
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

ERASE = EraseAccount(sid=SESSION, jti="jti-1", exp=NOW + QUARTER)
ERASED = AccountErased(erased_at=LATER)
RESET = PasswordResetRequested(email=EMAIL, reset=mail_token())
META = EventMeta("e", ID, 9, LATER)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def ended(session_id: str = SESSION, *jtis: str) -> SessionEnded:
    denied = tuple(IssuedToken(jti=jti, expires_at=NOW + QUARTER) for jti in jtis)
    return SessionEnded(session_id=session_id, denied=denied, ended_at=LATER)


def test_every_session_ends_and_the_address_is_free() -> None:
    logged_in = given(REGISTERED, VERIFIED, started(), started("s-2", jti="jti-2"), RESET)
    outcome = logged_in.when(ERASE, now=LATER)
    outcome.then(ended("s-2", "jti-2"), ended(SESSION, "jti-1"), ERASED)
    assert outcome.decision.releases == (("email", EMAIL),)
    assert outcome.state == Account(erased=True)


def test_an_account_that_nobody_registered_is_erased_too() -> None:
    outcome = given().when(ERASE, now=LATER).then(ended(SESSION, "jti-1"), ERASED)
    assert outcome.decision.releases == ()


def test_erasing_twice_ends_the_token_that_asks_and_nothing_else() -> None:
    outcome = given(REGISTERED, VERIFIED, ERASED).when(ERASE, now=LATER).then(ended(SESSION, "jti-1"))
    assert outcome.decision.releases == ()
    given(ERASED).when(ERASE, now=NOW + timedelta(hours=1)).then_nothing()


def test_nobody_registers_under_its_id_again() -> None:
    prepared = NewAccount(HASH, mail_token(), mail_token())
    register = Register(email=EMAIL, password_box="Ym94")
    given(REGISTERED, VERIFIED, ERASED).when(register, prepared=prepared).then_rejected("erased")


def test_it_answers_as_an_unknown_account_does() -> None:
    checked = CheckedPassword("", False, Grant(started("s-3"), None))
    for account in (given(), given(REGISTERED, VERIFIED, started(), RESET, ERASED)):
        login = Login(email=EMAIL, password_box="Ym94")
        account.when(login, prepared=checked).then_rejected("invalid_credentials")
        account.when(Refresh(session_id=SESSION, token_sha256="1" * 64)).then_rejected("invalid_refresh_token")
        account.when(ResendVerification(email=EMAIL)).then_nothing()
        account.when(RequestPasswordReset(email=EMAIL)).then_nothing()
        reset = ResetPassword(reference=REFERENCE, token_sha256=SHA, password_box="Ym94")
        account.when(reset, prepared=CheckedReset(True, HASH)).then_rejected("invalid_token")


def test_the_others_are_told_by_the_users_id_alone() -> None:
    told = UserErased(user_id=ID, erased_at=LATER)
    assert list(react(ERASED, META, Account(erased=True))) == [Send(user_erased.TOPIC, ID, told)]


@pytest.mark.parametrize("view", [LOGIN, SESSIONS, DENY])
def test_no_view_shows_it(view: Any) -> None:
    left = shelf(view, REGISTERED, VERIFIED, started(), RESET, ended(SESSION, "jti-1"), ERASED)
    assert left.document is None
    assert set(left.keys) <= {"blacklist:jti-1"}, "the token is denied until it expires"
