"""A forgotten password, from the asking to the new one."""

from datetime import timedelta
from typing import Any

import pytest

from agents.auth.account import MAX_RESETS, CheckedPassword, CheckedReset, NewMailToken, Unusable
from tests.agents.auth.test_decider import (
    EMAIL,
    GRANT,
    HASH,
    NEW_REFRESH,
    QUARTER,
    REFERENCE,
    REFRESH,
    REGISTERED,
    SHA,
    VERIFIED,
    given,
    refreshed,
    right,
    started,
    verification,
)
from tests.agents.scenario import LATER, NOW, Given
from topics.contracts.auth_commands import Login, RequestPasswordReset, ResetPassword, VerifyEmail
from topics.contracts.auth_events import EmailVerified, PasswordReset, PasswordResetRequested, SessionEnded
from topics.deciding.decision import StalePreparation

FORGOT = RequestPasswordReset(email=" Ayse@EXAMPLE.com")
REQUESTED = "If there is an account for this address, a mail is on its way."
ASKED = PasswordResetRequested(email=EMAIL, reset=verification(), language="tr")
RESET = ResetPassword(reference=REFERENCE, token_sha256=SHA, password_box="box")
NEW = "$argon2id$new"
GOOD = CheckedReset(True, NEW)
DONE = PasswordReset(email=EMAIL, reference=REFERENCE, reset_at=NOW, password_hash=NEW)
MEMBER = (REGISTERED, VERIFIED)


@pytest.mark.parametrize("events", [(REGISTERED,), MEMBER], ids=["not verified", "verified"])
def test_an_account_that_forgot_its_password_is_sent_a_mail(events: tuple[Any, ...]) -> None:
    given(*events).when(FORGOT, prepared=NewMailToken(verification())).then(ASKED).answering(message=REQUESTED)


def test_the_answer_does_not_tell_who_is_registered() -> None:
    given().when(FORGOT, prepared=NewMailToken(verification())).then_nothing().answering(message=REQUESTED)
    given().when(FORGOT, prepared=Unusable("invalid_account", "no")).then_nothing().answering(message=REQUESTED)
    other = RequestPasswordReset(email="x@y.zz")
    given(*MEMBER).when(other, prepared=NewMailToken(verification())).then_nothing().answering(message=REQUESTED)


def test_a_token_changes_the_password() -> None:
    outcome = given(*MEMBER, ASKED).when(RESET, prepared=GOOD)
    outcome.then(DONE).answering(message="Your password is changed. Log in with the new one.")
    assert outcome.state.password_hash == NEW
    login = Login(email=EMAIL, password_box="box")
    after = Given(given().decider, outcome.state)
    after.when(login, prepared=CheckedPassword(NEW, False, GRANT)).then_rejected("invalid_credentials")
    after.when(login, prepared=right(NEW)).then(started())


def test_a_login_that_was_checked_with_the_old_password_is_checked_again() -> None:
    with pytest.raises(StalePreparation):
        given(*MEMBER, ASKED, DONE).when(Login(email=EMAIL, password_box="box"), prepared=right(HASH))


def test_a_reset_ends_every_session_and_denies_their_access_tokens() -> None:
    other = started("other", jti="jti-other")
    outcome = given(*MEMBER, started(), refreshed(), other, ASKED).when(RESET, prepared=GOOD, now=LATER)
    done, *ended = outcome.decision.events
    assert isinstance(done, PasswordReset)
    assert {(end.session_id, tuple(token.jti for token in end.denied)) for end in ended} == {
        (started().session_id, ("jti-1", "jti-2")),
        ("other", ("jti-other",)),
    }
    assert outcome.state.sessions == {}
    for refresh in (REFRESH, NEW_REFRESH):
        Given(given().decider, outcome.state).when(refresh).then_rejected("invalid_refresh_token")


def test_access_tokens_that_have_expired_need_no_denial() -> None:
    late = NOW + QUARTER
    asked = PasswordResetRequested(email=EMAIL, reset=verification(at=late))
    outcome = given(*MEMBER, started(), asked).when(RESET, prepared=GOOD, now=late)
    assert outcome.decision.events[1:] == (SessionEnded(session_id=started().session_id, denied=(), ended_at=late),)


def test_a_reset_token_resets_the_password_once_only() -> None:
    given(*MEMBER, ASKED, DONE).when(RESET, prepared=GOOD).then_rejected("invalid_token", field="token")


def test_every_other_token_is_void_after_a_reset() -> None:
    other = PasswordResetRequested(email=EMAIL, reset=verification("other"))
    after = given(*MEMBER, other, ASKED, DONE)
    again = ResetPassword(reference=GRANT.session.session_id, token_sha256=SHA, password_box="box")
    after.when(again, prepared=GOOD).then_rejected("invalid_token")
    assert after.state.resets == ()


@pytest.mark.parametrize(("late", "code"), [(timedelta(seconds=-1), None), (timedelta(0), "token_expired")])
def test_a_token_is_good_for_15_minutes(late: timedelta, code: str | None) -> None:
    outcome = given(*MEMBER, ASKED).when(RESET, prepared=GOOD, now=NOW + QUARTER + late)
    if code is not None:
        outcome.then_rejected(code, field="token")
    else:
        assert outcome.state.password_hash == NEW


@pytest.mark.parametrize("prepared", [CheckedReset(False, ""), Unusable("invalid_account", "no")])
def test_a_forged_token_is_refused(prepared: Any) -> None:
    given(*MEMBER, ASKED).when(RESET, prepared=prepared).then_rejected("invalid_token", field="token")


def test_a_token_that_was_never_mailed_is_refused() -> None:
    given().when(RESET, prepared=GOOD).then_rejected("invalid_token")
    given(*MEMBER).when(RESET, prepared=GOOD).then_rejected("invalid_token")


def test_a_bad_password_is_refused_and_the_token_stays_good() -> None:
    outcome = given(*MEMBER, ASKED).when(
        RESET, prepared=CheckedReset(True, Unusable("invalid_password", "x", "password"))
    )
    outcome.then_rejected("invalid_password", field="password")
    Given(given().decider, outcome.state).when(RESET, prepared=GOOD).then(DONE)


def test_the_mail_proves_an_address_that_was_not_verified() -> None:
    outcome = given(REGISTERED, ASKED).when(RESET, prepared=GOOD)
    outcome.then(DONE, EmailVerified(email=EMAIL, reference=REFERENCE, verified_at=NOW))
    after = Given(given().decider, outcome.state)
    after.when(Login(email=EMAIL, password_box="box"), prepared=right(NEW)).then(started())
    assert outcome.state.verified and outcome.state.first_use is None


def test_a_verification_link_gives_no_session_after_a_reset() -> None:
    from tests.agents.auth.test_registration import LATE

    after = given(*MEMBER, started(), ASKED).when(RESET, prepared=GOOD).state
    link = VerifyEmail(reference=REFERENCE, token_sha256=SHA)
    Given(given().decider, after).when(link, prepared=LATE).then_nothing()


def test_tokens_of_many_mails_ago_are_forgotten() -> None:
    many = [PasswordResetRequested(email=EMAIL, reset=verification(f"ref-{n}")) for n in range(MAX_RESETS)]
    after = given(*MEMBER, ASKED, *many)
    after.when(RESET, prepared=GOOD).then_rejected("invalid_token")
    assert len(after.state.resets) == MAX_RESETS
