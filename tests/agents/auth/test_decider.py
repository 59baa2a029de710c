from datetime import datetime, timedelta
from typing import Any

import pytest

from agents.auth.account import (
    MAX_SESSIONS,
    ROTATION_GRACE,
    CheckedPassword,
    Grant,
    NewAccount,
    NewMailToken,
    Renewal,
    Unusable,
)
from agents.auth.decider import DECIDER
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW
from topics.contracts.auth_commands import Login, Logout, Refresh, Register, ResendVerification
from topics.contracts.auth_events import (
    AccountRegistered,
    EmailVerified,
    IssuedToken,
    SessionEnded,
    SessionRefreshed,
    SessionStarted,
    Verification,
    VerificationRequested,
)
from topics.deciding.decision import Sealed, StalePreparation

EMAIL = "ayse@example.com"
HASH = "$argon2id$hash"
SHA = "a" * 64
REFERENCE = "6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"
SESSION = "4c1d2e3f-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
QUARTER, WEEK = timedelta(minutes=15), timedelta(days=7)


def verification(reference: str = REFERENCE, at: datetime = NOW) -> Verification:
    return Verification(reference=reference, token_sha256=SHA, expires_at=at + QUARTER)


REGISTERED = AccountRegistered(email=EMAIL, verification=verification(), password_hash=HASH, language="tr")
VERIFIED = EmailVerified(email=EMAIL, reference=REFERENCE, session_id=SESSION, verified_at=NOW)


def started(session_id: str = SESSION, at: datetime = NOW, jti: str = "jti-1") -> SessionStarted:
    return SessionStarted(
        session_id=session_id,
        access=IssuedToken(jti=jti, expires_at=at + QUARTER),
        generation="g-1",
        refresh_sha256="1" * 64,
        started_at=at,
        expires_at=at + WEEK,
    )


def refreshed(
    generation: str = "g-2", sha: str = "2" * 64, at: datetime = LATER, jti: str = "jti-2"
) -> SessionRefreshed:
    return SessionRefreshed(
        session_id=SESSION,
        access=IssuedToken(jti=jti, expires_at=at + QUARTER),
        generation=generation,
        refresh_sha256=sha,
        refreshed_at=at,
        expires_at=at + WEEK,
    )


GRANT = Grant(started(), Sealed(box="tokens"))


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def right(against: str = HASH) -> CheckedPassword:
    return CheckedPassword(against, True, GRANT)


# -- register

REGISTER = Register(email=" Ayse@Example.com ", password_box="box")
PREPARED = NewAccount(HASH, verification(), verification("reset"))


def test_an_account_is_registered_under_the_normal_form_of_its_address() -> None:
    given().when(REGISTER, prepared=PREPARED).then(REGISTERED).answering(
        message="Registered. Check your mail to verify your address."
    )


def test_an_address_is_asked_for_in_its_normal_form() -> None:
    assert list(DECIDER.claims(REGISTER, ID, None)) == [("email", EMAIL)]
    assert list(DECIDER.claims(Login(email=EMAIL, password_box="box"), ID, None)) == []


def test_a_taken_address_is_refused() -> None:
    given().when(REGISTER, prepared=PREPARED, claims={("email", EMAIL): "somebody else"}).then_rejected(
        "email_taken", field="email"
    )


def test_what_preparation_could_not_use_is_refused() -> None:
    unusable = Unusable("invalid_password", "too short", "password")
    given().when(REGISTER, prepared=unusable).then_rejected("invalid_password", field="password")


# -- resend

RESEND = ResendVerification(email="AYSE@example.com")
RESENT = "If this address waits for verification, a mail is on its way."


def test_a_new_mail_is_asked_for() -> None:
    given(REGISTERED).when(RESEND, prepared=NewMailToken(verification("other"))).then(
        VerificationRequested(email=EMAIL, verification=verification("other"), language="tr")
    ).answering(message=RESENT)


@pytest.mark.parametrize("events", [(), (REGISTERED, VERIFIED)], ids=["unknown", "verified"])
def test_the_answer_does_not_tell_who_is_registered(events: tuple[Any, ...]) -> None:
    given(*events).when(RESEND, prepared=NewMailToken(verification())).then_nothing().answering(message=RESENT)


def test_another_address_than_the_accounts_gets_no_mail() -> None:
    given(REGISTERED).when(
        ResendVerification(email="x@y.zz"), prepared=NewMailToken(verification())
    ).then_nothing().answering(message=RESENT)


def test_a_key_that_is_no_account_gets_the_same_answer() -> None:
    given().when(RESEND, prepared=Unusable("invalid_account", "no")).then_nothing().answering(message=RESENT)


# -- login

LOGIN = Login(email="Ayse@example.com", password_box="box")


def test_the_right_password_logs_in() -> None:
    given(REGISTERED, VERIFIED).when(LOGIN, prepared=right()).then(started()).answering_sealed("tokens")


def test_a_wrong_password_is_refused() -> None:
    given(REGISTERED, VERIFIED).when(LOGIN, prepared=CheckedPassword(HASH, False, GRANT)).then_rejected(
        "invalid_credentials"
    )


def test_an_unknown_account_is_refused_alike() -> None:
    wrong = given(REGISTERED, VERIFIED).when(LOGIN, prepared=CheckedPassword(HASH, False, GRANT))
    unknown = given().when(LOGIN, prepared=CheckedPassword("", False, GRANT))
    unreadable = given().when(LOGIN, prepared=Unusable("invalid_password", "no", "password"))
    assert wrong.decision == unknown.decision == unreadable.decision


def test_the_password_of_another_address_is_refused() -> None:
    other = Login(email="x@y.zz", password_box="box")
    given(REGISTERED, VERIFIED).when(other, prepared=right()).then_rejected("invalid_credentials")


def test_an_unverified_account_is_told_so_only_with_its_password() -> None:
    given(REGISTERED).when(LOGIN, prepared=right()).then_rejected("email_not_verified")
    given(REGISTERED).when(LOGIN, prepared=CheckedPassword(HASH, False, GRANT)).then_rejected("invalid_credentials")


@pytest.mark.parametrize("against", ["", "$argon2id$older"])
def test_a_password_checked_against_another_hash_is_checked_again(against: str) -> None:
    with pytest.raises(StalePreparation):
        given(REGISTERED, VERIFIED).when(LOGIN, prepared=right(against))


def test_sessions_have_an_end_and_the_oldest_makes_room() -> None:
    many = [started(f"s-{n}", NOW + timedelta(seconds=n)) for n in range(MAX_SESSIONS + 1)]
    state = given(REGISTERED, VERIFIED, *many).state
    assert len(state.sessions) == MAX_SESSIONS
    assert "s-0" not in state.sessions and f"s-{MAX_SESSIONS}" in state.sessions


def test_expired_sessions_are_dropped() -> None:
    state = given(REGISTERED, started("old"), started("new", NOW + WEEK)).state
    assert list(state.sessions) == ["new"]


# -- refresh

REFRESH = Refresh(session_id=SESSION, token_sha256="1" * 64)
OLD_REFRESH, NEW_REFRESH = REFRESH, Refresh(session_id=SESSION, token_sha256="2" * 64)
LOGGED_IN = (REGISTERED, VERIFIED, started())


def test_a_refresh_token_is_rotated() -> None:
    renewal = Renewal("g-1", refreshed(), Sealed(box="new tokens"))
    outcome = given(*LOGGED_IN).when(REFRESH, prepared=renewal, now=LATER)
    outcome.then(refreshed()).answering_sealed("new tokens")
    session = outcome.state.sessions[SESSION]
    assert (session.refresh_sha256, session.previous_sha256) == ("2" * 64, "1" * 64)
    assert [token.jti for token in session.access] == ["jti-1", "jti-2"]


def test_a_second_tab_with_the_same_token_gets_the_rotated_one_again() -> None:
    again = refreshed(jti="jti-3", at=LATER + timedelta(seconds=10))
    outcome = given(*LOGGED_IN, refreshed()).when(
        OLD_REFRESH, prepared=Renewal("g-2", again, None), now=LATER + timedelta(seconds=10)
    )
    outcome.then(again)
    session = outcome.state.sessions[SESSION]
    assert (session.refresh_sha256, session.previous_sha256, session.refreshed_at) == ("2" * 64, "1" * 64, LATER)


def test_a_token_that_was_rotated_away_long_ago_ends_its_session() -> None:
    late = LATER + ROTATION_GRACE
    before = refreshed()
    ended = SessionEnded(session_id=SESSION, denied=(started().access, before.access), ended_at=late)
    outcome = given(*LOGGED_IN, before).when(OLD_REFRESH, now=late)
    outcome.then_rejected("invalid_refresh_token", but=(ended,))
    scenario.Given(DECIDER, outcome.state).when(NEW_REFRESH, now=late).then_rejected("invalid_refresh_token")


@pytest.mark.parametrize(
    "command",
    [Refresh(session_id=SESSION, token_sha256="f" * 64), Refresh(session_id=REFERENCE, token_sha256="1" * 64)],
    ids=["forged", "another session"],
)
def test_an_unknown_refresh_token_is_refused_and_ends_nothing(command: Refresh) -> None:
    given(*LOGGED_IN).when(command).then_rejected("invalid_refresh_token", field="refresh_token")


def test_a_refresh_token_is_good_for_7_days() -> None:
    given(*LOGGED_IN).when(REFRESH, now=NOW + WEEK).then_rejected("invalid_refresh_token")


@pytest.mark.parametrize("prepared", [None, Renewal("g-0", refreshed(), None)])
def test_a_renewal_made_on_another_state_is_made_again(prepared: Renewal | None) -> None:
    with pytest.raises(StalePreparation):
        given(*LOGGED_IN).when(REFRESH, prepared=prepared)


def test_a_refresh_after_logout_is_refused() -> None:
    ended = SessionEnded(session_id=SESSION, denied=(), ended_at=NOW)
    given(*LOGGED_IN, ended).when(REFRESH).then_rejected("invalid_refresh_token")


def test_expired_access_tokens_are_forgotten_at_a_refresh() -> None:
    late = NOW + QUARTER
    state = given(*LOGGED_IN, refreshed(at=late)).state
    assert [token.jti for token in state.sessions[SESSION].access] == ["jti-2"]


# -- logout


def logout(jti: str = "jti-1", sid: str = SESSION) -> Logout:
    return Logout(sid=sid, jti=jti, exp=NOW + QUARTER)


def test_a_logout_denies_every_access_token_of_the_session() -> None:
    before = refreshed()
    given(*LOGGED_IN, before).when(logout("jti-2"), now=LATER).then(
        SessionEnded(session_id=SESSION, denied=(started().access, before.access), ended_at=LATER)
    ).answering(message="Logged out.")


def test_a_token_that_the_session_does_not_know_is_denied_too() -> None:
    unknown = IssuedToken(jti="jti-x", expires_at=NOW + QUARTER)
    given(*LOGGED_IN).when(logout("jti-x")).then(
        SessionEnded(session_id=SESSION, denied=(started().access, unknown), ended_at=NOW)
    )


def test_other_sessions_go_on() -> None:
    outcome = given(*LOGGED_IN, started("other")).when(logout())
    assert list(outcome.state.sessions) == ["other"]


def test_a_token_without_a_session_is_denied() -> None:
    given().when(logout()).then(SessionEnded(session_id=SESSION, denied=(started().access,), ended_at=NOW))


def test_a_token_that_has_expired_needs_no_denial() -> None:
    given().when(logout(), now=NOW + QUARTER).then_nothing().answering(message="Logged out.")
