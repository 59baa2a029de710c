"""Sessions end: one, all of them, and the oldest where there are too many."""

from datetime import timedelta

from agents.auth.account import MAX_SESSIONS
from tests.agents.auth.test_decider import (
    LOGGED_IN,
    LOGIN,
    QUARTER,
    REGISTERED,
    SESSION,
    VERIFIED,
    WEEK,
    given,
    refreshed,
    right,
    started,
)
from tests.agents.scenario import LATER, NOW
from topics.contracts.auth_commands import EndSession, LogoutAll
from topics.contracts.auth_events import IssuedToken, SessionEnded

OTHER = started("other", jti="jti-other")


def everywhere(jti: str = "jti-1", sid: str = SESSION) -> LogoutAll:
    return LogoutAll(sid=sid, jti=jti, exp=NOW + QUARTER)


def test_a_logout_everywhere_denies_every_access_token_of_every_session() -> None:
    outcome = given(*LOGGED_IN, refreshed(), OTHER).when(everywhere(), now=LATER)
    outcome.then(
        SessionEnded(session_id="other", denied=(OTHER.access,), ended_at=LATER),
        SessionEnded(session_id=SESSION, denied=(started().access, refreshed().access), ended_at=LATER),
    ).answering(message="Logged out everywhere.")
    assert outcome.state.sessions == {}


def test_the_token_that_asks_is_denied_even_where_its_session_is_gone() -> None:
    asking = IssuedToken(jti="jti-x", expires_at=NOW + QUARTER)
    given(*LOGGED_IN).when(everywhere("jti-x", "gone")).then(
        SessionEnded(session_id=SESSION, denied=(started().access,), ended_at=NOW),
        SessionEnded(session_id="gone", denied=(asking,), ended_at=NOW),
    )


def test_a_logout_everywhere_of_nobody_is_fine() -> None:
    given().when(everywhere(), now=NOW + QUARTER).then_nothing().answering(message="Logged out everywhere.")


def test_one_session_ends_and_the_others_go_on() -> None:
    outcome = given(*LOGGED_IN, OTHER).when(EndSession(session_id="other"))
    outcome.then(SessionEnded(session_id="other", denied=(OTHER.access,), ended_at=NOW))
    assert list(outcome.state.sessions) == [SESSION]


def test_ones_own_session_can_be_ended_too() -> None:
    given(*LOGGED_IN).when(EndSession(session_id=SESSION)).then(
        SessionEnded(session_id=SESSION, denied=(started().access,), ended_at=NOW)
    )


def test_a_session_that_is_not_there_is_not_found() -> None:
    given(*LOGGED_IN).when(EndSession(session_id="other")).then_rejected("not_found")
    given(*LOGGED_IN).when(EndSession(session_id=SESSION), now=NOW + WEEK).then_rejected("not_found")
    given().when(EndSession(session_id=SESSION)).then_rejected("not_found")


def test_the_oldest_session_ends_where_one_more_is_too_many() -> None:
    """Forgotten only, its access token would be good for minutes that no reset of the password could end."""
    many = [started(f"s-{n:02}", NOW + timedelta(seconds=n), jti=f"jti-{n}") for n in range(MAX_SESSIONS)]
    outcome = given(REGISTERED, VERIFIED, *many).when(LOGIN, prepared=right(), now=LATER)
    ended, began = outcome.decision.events
    assert ended == SessionEnded(session_id="s-00", denied=(many[0].access,), ended_at=LATER)
    assert began == started() and len(outcome.state.sessions) == MAX_SESSIONS


def test_there_is_room_while_sessions_are_few() -> None:
    few = [started(f"s-{n:02}", jti=f"jti-{n}") for n in range(MAX_SESSIONS - 1)]
    given(REGISTERED, VERIFIED, *few).when(LOGIN, prepared=right()).then(started())
