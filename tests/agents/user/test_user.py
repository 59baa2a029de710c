from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from agents.user.decider import DECIDER
from agents.user.policy import translate
from agents.user.projection import USER
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shelf, shown
from topics.contracts import user_commands
from topics.contracts.user_commands import ChangeProfile, CompleteProfile, CreatePending
from topics.contracts.user_created import UserCreated
from topics.contracts.user_events import EmailLearned, PendingCreated, Profile, ProfileChanged, ProfileCompleted
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Undecodable

EMAIL = "ayse@example.com"
AYSE = Profile(full_name="Ayşe Yılmaz", born_date=date(1991, 5, 23), gender="female", phone="+90 555 111 22 33")
PENDING = PendingCreated(email=EMAIL, expires_at=NOW + timedelta(minutes=15))
COMPLETED = ProfileCompleted(email=EMAIL, profile=AYSE, completed_at=NOW)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def complete(**said: Any) -> CompleteProfile:
    return CompleteProfile(**{**msgspec.structs.asdict(AYSE), **said})


def with_(**said: Any) -> Profile:
    return msgspec.structs.replace(AYSE, **said)


# -- an account exists


def test_an_account_waits_for_its_profile() -> None:
    given().when(CreatePending(email="Ayse@Example.com")).then(PENDING)


def test_hearing_of_an_account_twice_changes_nothing() -> None:
    given(PENDING).when(CreatePending(email=EMAIL)).then_nothing()
    given(PENDING).when(CreatePending()).then_nothing()


def test_an_account_without_an_address_waits_too() -> None:
    given().when(CreatePending()).then(PendingCreated(email=None, expires_at=PENDING.expires_at))


def test_an_address_that_comes_late_is_learned() -> None:
    given(PendingCreated(email=None, expires_at=LATER)).when(CreatePending(email=EMAIL)).then(EmailLearned(email=EMAIL))


def test_an_account_that_is_heard_of_after_its_profile_does_not_wait() -> None:
    early = ProfileCompleted(email=None, profile=AYSE, completed_at=NOW)
    outcome = given(early).when(CreatePending(email=EMAIL), now=LATER).then(EmailLearned(email=EMAIL))
    assert outcome.state.profile == AYSE


# -- the profile


def test_a_profile_is_completed() -> None:
    given(PENDING).when(complete()).then(COMPLETED).answering(
        id=ID, email=EMAIL, full_name="Ayşe Yılmaz", born_date="1991-05-23", gender="female", phone="+90 555 111 22 33"
    )


def test_a_profile_may_come_before_its_account_is_heard_of() -> None:
    given().when(complete()).then(ProfileCompleted(email=None, profile=AYSE, completed_at=NOW)).answering(email=None)


def test_a_profile_may_come_after_the_15_minutes() -> None:
    late = NOW + timedelta(hours=2)
    given(PENDING).when(complete(), now=late).then(ProfileCompleted(email=EMAIL, profile=AYSE, completed_at=late))


def test_the_same_profile_again_is_fine() -> None:
    given(PENDING, COMPLETED).when(complete(), now=LATER).then_nothing().answering(full_name="Ayşe Yılmaz")


def test_another_profile_is_no_completion() -> None:
    given(PENDING, COMPLETED).when(complete(full_name="Fatma")).then_rejected("profile_exists")


def test_blanks_around_a_name_are_dropped() -> None:
    given(PENDING).when(complete(full_name="  Ayşe Yılmaz ")).then(COMPLETED)


@pytest.mark.parametrize("born", [date(1899, 12, 31), NOW.date(), date(2999, 1, 1)])
def test_nobody_is_born_on_such_a_day(born: date) -> None:
    given(PENDING).when(complete(born_date=born)).then_rejected("invalid_born_date", field="born_date")
    given(PENDING, COMPLETED).when(ChangeProfile(born_date=born)).then_rejected("invalid_born_date", field="born_date")


@pytest.mark.parametrize("born", [date(1900, 1, 1), NOW.date() - timedelta(days=1)])
def test_the_oldest_and_the_youngest_are_welcome(born: date) -> None:
    given(PENDING).when(complete(born_date=born)).answering(born_date=born.isoformat())


@pytest.mark.parametrize(
    ("field", "value"),
    [("full_name", "Ayşe Kaya"), ("gender", ""), ("phone", "0555 999 88 77"), ("born_date", date(1992, 1, 1))],
)
def test_each_field_can_be_changed_alone(field: str, value: Any) -> None:
    said: dict[str, Any] = {field: value}
    given(PENDING, COMPLETED).when(ChangeProfile(**said), now=LATER).then(
        ProfileChanged(profile=with_(**said), changed_at=LATER)
    )


def test_a_change_to_what_is_changes_nothing_and_answers() -> None:
    given(PENDING, COMPLETED).when(ChangeProfile(phone=AYSE.phone)).then_nothing().answering(phone=AYSE.phone)


def test_there_is_nothing_to_change_before_a_profile() -> None:
    given(PENDING).when(ChangeProfile(gender="x")).then_rejected("not_found")


# -- what is shown


def test_a_user_is_shown_once_the_profile_is_complete() -> None:
    assert shown(USER, PENDING) is None
    document = shown(USER, PENDING, COMPLETED)
    assert (document.id, document.email, document.full_name) == (ID, EMAIL, "Ayşe Yılmaz")
    assert document.created_at == document.updated_at == NOW


def test_the_view_is_what_the_commands_answered() -> None:
    first = given(PENDING).when(complete())
    assert shown(USER, PENDING, *first.decision.events) == first.decision.answer
    second = scenario.Given(DECIDER, first.state).when(ChangeProfile(gender="x"), now=LATER)
    assert shown(USER, PENDING, *first.decision.events, *second.decision.events) == second.decision.answer


def test_a_late_address_is_shown() -> None:
    early = ProfileCompleted(email=None, profile=AYSE, completed_at=NOW)
    assert shown(USER, early, EmailLearned(email=EMAIL)).email == EMAIL


def test_others_see_for_15_minutes_who_waits() -> None:
    (put,) = USER.show(None, PENDING, EventMeta("e", ID, 1, NOW)).put
    assert (put.name, put.expires_at) == (f"pending_user:{ID}", PENDING.expires_at)
    assert msgspec.json.decode(put.value) == {"id": ID, "user_id": ID, "email": EMAIL}


def test_nobody_waits_any_more_after_completion() -> None:
    assert shelf(USER, PENDING, COMPLETED).keys == {}


# -- intake

ORIGIN = Origin(id="m-1", source="other", at=NOW, key="a key not to be trusted")


@pytest.mark.parametrize(
    "message",
    [
        UserCreated(id=ID, user_id=ID, email=EMAIL),
        UserCreated(id=ID, email=EMAIL),
        UserCreated(user_id=ID, email=EMAIL),
    ],
    ids=["both", "id", "user_id"],
)
def test_either_id_says_whose_account_it_is(message: UserCreated) -> None:
    assert list(translate(message, ORIGIN)) == [Send(user_commands.TOPIC, ID, CreatePending(email=EMAIL))]


@pytest.mark.parametrize("message", [UserCreated(email=EMAIL), UserCreated(id=ID, user_id="another")])
def test_an_account_of_nobody_or_of_two_is_refused(message: UserCreated) -> None:
    with pytest.raises(Undecodable) as refused:
        list(translate(message, ORIGIN))
    assert refused.value.field == "user_id"
