"""Who hears of a restaurant's campaigns, page by page."""

import uuid
from typing import Any

import msgspec
import pytest

from agents.restaurant import followers, policy
from agents.restaurant.decider import DECIDER
from agents.restaurant.followers import PAGE_SIZE, PAGES, TOLD_AT_ONCE
from agents.restaurant.house import House
from agents.runtime.sending.letters import LARGEST
from tests.agents import scenario
from tests.agents.restaurant.test_campaigns import RUNNING, STARTED
from tests.agents.scenario import ID, NOW
from topics.contracts import restaurant_events
from topics.contracts.email_event import DiscountMail
from topics.contracts.restaurant_commands import Announce, Follow, Unfollow
from topics.contracts.restaurant_events import Announced, FollowerAdded, FollowerRefused, FollowerRemoved
from topics.contracts.user_events import (
    CuisineFavoured,
    EmailLearned,
    Event,
    PersonErased,
    Preferences,
    PreferencesChanged,
    RestaurantFavoured,
    RestaurantUnfavoured,
)
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta

ANNOUNCE = Announce(campaign=RUNNING, restaurant_name="Mahmut")
FULL = House(followers=tuple(f"user-{n:05}" for n in range(PAGE_SIZE)))


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def full() -> scenario.Given:
    return scenario.Given(DECIDER, FULL)


def added(*users: str) -> list[FollowerAdded]:
    return [FollowerAdded(user_id=each) for each in users]


def test_a_follower_stands_on_a_page_once() -> None:
    given().when(Follow(user_id="b")).then(*added("b"))
    given(*added("b")).when(Follow(user_id="b")).then_nothing()
    assert given(*added("b", "c", "a")).state.followers == ("a", "b", "c")


def test_who_leaves_is_gone_and_who_is_not_there_cannot_leave() -> None:
    outcome = given(*added("a", "b")).when(Unfollow(user_id="a"))
    outcome.then(FollowerRemoved(user_id="a"))
    assert outcome.state.followers == ("b",)
    given(*added("b")).when(Unfollow(user_id="a")).then_nothing()


def test_a_full_page_takes_nobody_and_says_so() -> None:
    full().when(Follow(user_id="zoe")).then_rejected("followers_full", but=(FollowerRefused(user_id="zoe"),))
    full().when(Follow(user_id="user-00000")).then_nothing()


def test_a_page_without_followers_has_nobody_to_tell() -> None:
    given().when(ANNOUNCE).then_nothing()


def test_a_page_tells_some_followers_at_a_time_and_goes_on_behind_them() -> None:
    told: list[str] = []
    command: Announce | None = ANNOUNCE
    while command is not None:
        outcome = full().when(command)
        (announced,) = outcome.decision.events
        assert isinstance(announced, Announced) and len(announced.user_ids) == TOLD_AT_ONCE
        told += announced.user_ids
        sends = list(policy.react(announced, EventMeta("e", "page", 1, NOW), outcome.state))
        command = next((each.message for each in sends if isinstance(each.message, Announce)), None)
    assert told == list(FULL.followers)


def test_who_leaves_or_comes_while_a_page_tells_is_heard_where_their_turn_is_still_to_come() -> None:
    behind = msgspec.structs.replace(ANNOUNCE, after="m")
    outcome = given(*added("a", "m", "n", "o", "b", "p"), FollowerRemoved(user_id="n")).when(behind)
    outcome.then(Announced(campaign=RUNNING, restaurant_name="Mahmut", user_ids=("o", "p")))


def test_the_largest_page_and_announcement_fit_their_topic_and_a_row() -> None:
    longest = msgspec.structs.replace(RUNNING, title="ş" * 120, description="\u0001" * 2000)
    users = tuple(str(uuid.uuid4()) for _ in range(TOLD_AT_ONCE))
    announced = Announced(campaign=longest, restaurant_name="ş" * 120, user_ids=users)
    body = restaurant_events.TOPIC.encode(announced)
    assert len(body) < LARGEST / 10
    sends = list(policy.react(announced, EventMeta("e", "page", 1, NOW), House(followers=users)))
    rows = sum(len(each.topic.encode(each.message)) for each in sends)
    assert rows < 2 * 1024 * 1024, "of one decision"
    state = House(followers=tuple(str(uuid.uuid4()) for _ in range(PAGE_SIZE)))
    assert len(msgspec.json.encode(state)) < 200_000


def test_a_campaign_is_told_to_each_page_of_its_restaurant() -> None:
    sends = list(policy.react(STARTED, EventMeta("e", ID, 2, RUNNING.start_date), House()))
    assert [each.key for each in sends] == list(followers.pages(ID))
    assert {each.message for each in sends} == {ANNOUNCE}
    assert len({each.suffix for each in sends}) == PAGES == 64


def test_each_follower_gets_one_notification() -> None:
    announced = Announced(campaign=RUNNING, restaurant_name="Mahmut", user_ids=("a", "b"))
    sends = list(policy.react(announced, EventMeta("e", "page", 3, NOW), House(followers=("a", "b"))))
    assert [(each.topic.name, each.key, each.suffix) for each in sends] == [
        ("notification", "a", " a"), ("notification", "b", " b"),
    ]  # fmt: skip
    mail = sends[0].message
    assert isinstance(mail, DiscountMail)
    assert (mail.to, mail.subject) == ("a", "Mahmut: Yarım fiyat")
    assert (mail.type, mail.template) == ("discount", "discount"), "other systems choose their template by it"
    assert (mail.variables.title, mail.variables.description) == ("Yarım fiyat", "Bugün")


def test_a_user_stands_on_the_same_page_for_ever() -> None:
    assert followers.page("r-1", "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f") == "r-1:followers:39"


def test_users_spread_over_all_pages() -> None:
    on = [followers.page("r-1", f"user-{n}") for n in range(6_400)]
    counts = [on.count(page) for page in followers.pages("r-1")]
    assert sum(counts) == 6_400 and min(counts) > 50 and max(counts) < 150


def translated(message: Event) -> list[Send]:
    return list(policy.translate(message, Origin("id-1", "lezzet/user", NOW, "user-1", 1, "somebody-else")))


WANTS, NOT = Preferences(), Preferences(campaigns=False)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (RestaurantFavoured(restaurant_id="r-1", at=NOW, wants_campaigns=True), [("r-1", Follow)]),
        (RestaurantFavoured(restaurant_id="r-1", at=NOW, wants_campaigns=False), []),
        (RestaurantUnfavoured(restaurant_id="r-1"), [("r-1", Unfollow)]),
        (PreferencesChanged(preferences=WANTS, favoured=("r-1", "r-2")), [("r-1", Follow), ("r-2", Follow)]),
        (PreferencesChanged(preferences=NOT, favoured=("r-1", "r-2")), [("r-1", Unfollow), ("r-2", Unfollow)]),
        (PreferencesChanged(preferences=Preferences(email=False), favoured=("r-1",)), [("r-1", Unfollow)]),
        (PersonErased(favoured=("r-1", "r-2")), [("r-1", Unfollow), ("r-2", Unfollow)]),
        (CuisineFavoured(cuisine="kebap", at=NOW), []),
        (EmailLearned(email="a@b.co"), []),
    ],
)
def test_who_favours_a_restaurant_and_wants_such_mails_follows_it(event: Event, expected: list[Any]) -> None:
    sends = translated(event)
    assert [(each.key, type(each.message)) for each in sends] == [
        (followers.page(restaurant, "user-1"), kind) for restaurant, kind in expected
    ]
    assert all(each.message.user_id == "user-1" for each in sends)  # type: ignore[attr-defined]
    assert len({each.suffix for each in sends}) == len(sends)
