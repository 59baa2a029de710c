"""One address registered many times, and one link followed many times."""

from datetime import timedelta
from typing import Any

import pytest

from agents.auth.account import (
    MAX_VERIFICATIONS,
    VERIFIED_AGAIN,
    CheckedLink,
    CheckedPassword,
    Grant,
    NewAccount,
    Unusable,
)
from agents.auth.decider import DECIDER
from tests.agents import scenario
from tests.agents.auth.test_decider import (
    EMAIL,
    GRANT,
    HASH,
    QUARTER,
    REFERENCE,
    REGISTER,
    REGISTERED,
    RESENT,
    SESSION,
    SHA,
    VERIFIED,
    given,
    refreshed,
    right,
    started,
    verification,
)
from tests.agents.scenario import NOW
from topics.contracts.auth_commands import Login, ResendVerification, VerifyEmail
from topics.contracts.auth_events import (
    EmailVerified,
    PasswordResetRequested,
    RegistrationRepeated,
    SessionEnded,
    VerificationRequested,
)
from topics.deciding.decision import Sealed, StalePreparation

P2 = "$argon2id$second"
SECOND = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"
REPEATED = RegistrationRepeated(email=EMAIL, verification=verification(SECOND), password_hash=P2, language="tr")
PREPARED_SECOND = NewAccount(P2, verification(SECOND), verification("reset"))
ANSWER = "Registered. Check your mail to verify your address."
ALREADY = "This address is already verified, log in."

FIRST = CheckedLink(True, "first", GRANT)
AGAIN = CheckedLink(True, "again", Grant(started(), Sealed(box="the same tokens")))
LATE = CheckedLink(True, "already", None)


def verify(reference: str = REFERENCE) -> VerifyEmail:
    return VerifyEmail(reference=reference, token_sha256=SHA)


# -- registered again


def test_an_address_that_is_not_verified_takes_the_newest_password() -> None:
    outcome = given(REGISTERED).when(REGISTER, prepared=PREPARED_SECOND)
    outcome.then(REPEATED).answering(message=ANSWER)
    assert outcome.state.password_hash == P2


def test_links_of_an_earlier_registration_are_void() -> None:
    more = VerificationRequested(email=EMAIL, verification=verification("resent"))
    after = given(REGISTERED, more, REPEATED)
    for reference in (REFERENCE, "resent"):
        after.when(verify(reference), prepared=FIRST).then_rejected("invalid_token", field="token")
    assert after.when(verify(SECOND), prepared=FIRST).state.verified


def test_a_strangers_password_does_not_count_after_the_owner_registered_and_verified() -> None:
    mine = EmailVerified(email=EMAIL, reference=SECOND, session_id=SESSION, verified_at=NOW)
    after = given(REGISTERED, REPEATED, mine, started())
    login = Login(email=EMAIL, password_box="box")
    with pytest.raises(StalePreparation):
        after.when(login, prepared=right(REGISTERED.password_hash))
    after.when(login, prepared=right(P2)).then(started())


def test_the_owner_of_a_verified_address_gets_a_mail_and_the_asker_the_same_answer() -> None:
    outcome = given(REGISTERED, VERIFIED, started()).when(REGISTER, prepared=PREPARED_SECOND)
    asked = PasswordResetRequested(
        email=EMAIL, reset=verification("reset"), already_registered=True, refused_hash=P2, language="tr"
    )
    outcome.then(asked).answering(message=ANSWER)
    assert outcome.state.password_hash == REGISTERED.password_hash, "nobody changes a password by registering"


def test_a_bad_password_is_refused_alike_for_every_address() -> None:
    unusable = Unusable("invalid_password", "too short", "password")
    said = [
        given(*events).when(REGISTER, prepared=unusable).decision
        for events in ((), (REGISTERED,), (REGISTERED, VERIFIED, started()))
    ]
    assert said[0] == said[1] == said[2]


def test_an_address_whose_claim_another_account_holds_is_refused() -> None:
    theirs = {("email", EMAIL): "somebody else"}
    given(REGISTERED).when(REGISTER, prepared=PREPARED_SECOND, claims=theirs).then_rejected("email_taken")


# -- links


def test_a_link_verifies_and_logs_in() -> None:
    given(REGISTERED).when(verify(), prepared=FIRST).then(VERIFIED, started()).answering_sealed("tokens")


@pytest.mark.parametrize("after", [timedelta(0), VERIFIED_AGAIN - timedelta(milliseconds=1)])
def test_a_link_again_at_once_gives_the_same_tokens_and_no_second_session(after: timedelta) -> None:
    outcome = given(REGISTERED, VERIFIED, started()).when(verify(), prepared=AGAIN, now=NOW + after)
    outcome.then_nothing().answering_sealed("the same tokens")


@pytest.mark.parametrize("after", [VERIFIED_AGAIN, QUARTER, timedelta(days=400)])
def test_a_link_again_later_says_already_verified(after: timedelta) -> None:
    given(REGISTERED, VERIFIED, started()).when(verify(), prepared=LATE, now=NOW + after).then_nothing().answering(
        message=ALREADY
    )


ENDED = SessionEnded(session_id=SESSION, denied=(), ended_at=NOW)


@pytest.mark.parametrize("since", [ENDED, refreshed(at=NOW)], ids=["ended", "refreshed"])
def test_a_link_again_at_once_gives_nothing_where_its_session_went_on(since: Any) -> None:
    given(REGISTERED, VERIFIED, started(), since).when(verify(), prepared=LATE).then_nothing().answering(
        message=ALREADY
    )


def test_another_link_of_a_verified_account_says_already_verified() -> None:
    more = VerificationRequested(email=EMAIL, verification=verification(SECOND))
    given(REGISTERED, more, VERIFIED, started()).when(verify(SECOND), prepared=LATE).then_nothing().answering(
        message=ALREADY
    )


def test_an_account_that_was_verified_before_links_were_remembered_says_already_verified() -> None:
    old = EmailVerified(email=EMAIL, reference=REFERENCE)
    given(REGISTERED, old, started()).when(verify(), prepared=LATE).then_nothing().answering(message=ALREADY)


def test_two_uses_in_one_batch_are_one_session() -> None:
    """Both were prepared on the account as it was: the second is prepared again, and then it is `again`."""
    after = given(REGISTERED, VERIFIED, started())
    with pytest.raises(StalePreparation):
        after.when(verify(), prepared=FIRST)
    with pytest.raises(StalePreparation):
        given(REGISTERED).when(verify(), prepared=AGAIN)
    assert len(after.when(verify(), prepared=AGAIN).state.sessions) == 1


def test_a_forged_link_is_refused_whatever_the_account() -> None:
    for events in ((), (REGISTERED,), (REGISTERED, VERIFIED, started())):
        for verdict in ("first", "again", "already", "unknown"):
            forged = CheckedLink(False, verdict, GRANT)
            given(*events).when(verify(), prepared=forged).then_rejected("invalid_token", field="token")


def test_a_link_that_was_never_mailed_is_refused() -> None:
    given().when(verify(), prepared=FIRST).then_rejected("invalid_token")
    given(REGISTERED).when(verify(SESSION), prepared=FIRST).then_rejected("invalid_token")


def test_a_key_that_is_no_account_verifies_nothing() -> None:
    given(REGISTERED).when(verify(), prepared=Unusable("invalid_account", "no")).then_rejected("invalid_token")


@pytest.mark.parametrize(("late", "code"), [(timedelta(seconds=-1), None), (timedelta(0), "token_expired")])
def test_a_link_is_good_for_15_minutes(late: timedelta, code: str | None) -> None:
    outcome = given(REGISTERED).when(verify(), prepared=FIRST, now=NOW + QUARTER + late)
    if code is not None:
        outcome.then_rejected(code, field="token")
    else:
        assert outcome.state.verified


def test_the_first_mails_link_still_works_after_a_second_mail() -> None:
    again = VerificationRequested(email=EMAIL, verification=verification("other"))
    given(REGISTERED, again).when(verify(), prepared=FIRST).then(VERIFIED, started())


def test_links_of_many_mails_ago_are_forgotten() -> None:
    again = [
        VerificationRequested(email=EMAIL, verification=verification(f"ref-{n}")) for n in range(MAX_VERIFICATIONS)
    ]
    after = given(REGISTERED, *again)
    after.when(verify(), prepared=FIRST).then_rejected("invalid_token")
    assert len(after.state.verifications) == MAX_VERIFICATIONS


def test_a_verified_account_needs_no_links() -> None:
    assert given(REGISTERED, VERIFIED).state.verifications == ()
    resend = ResendVerification(email=EMAIL)
    given(REGISTERED, VERIFIED).when(resend).then_nothing().answering(message=RESENT)


def test_a_login_after_a_registration_in_vain_says_what_it_says_for_a_new_account() -> None:
    """Whoever registers an address and then logs in must not learn that it was taken."""
    taken = given(REGISTERED, VERIFIED).when(REGISTER, prepared=PREPARED_SECOND)
    assert taken.state.refused_hash == P2
    login, owner = Login(email=EMAIL, password_box="box"), scenario.Given(DECIDER, taken.state)
    in_vain, wrong = (CheckedPassword(HASH, False, GRANT, refused) for refused in (True, False))
    owner.when(login, prepared=in_vain).then_rejected("email_not_verified")
    given(REGISTERED).when(login, prepared=right()).then_rejected("email_not_verified")
    owner.when(login, prepared=wrong).then_rejected("invalid_credentials")
    owner.when(login, prepared=right()).then(GRANT.session)
