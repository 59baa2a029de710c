"""Favourites and which mails a user wants. None of it needs a profile."""

from typing import Any

import pytest

from agents.user.decider import DECIDER
from agents.user.facts import RESTAURANTS, Facts, RestaurantFacts
from agents.user.favourites import MOST
from agents.user.projection import FAVOURITES, PREFERENCES, USER
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from tests.agents.user.test_user import COMPLETED, PENDING
from topics.contracts.restaurant_events import RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.contracts.user_commands import (
    ChangePreferences,
    CreatePending,
    FavourCuisine,
    FavourRestaurant,
    UnfavourCuisine,
    UnfavourRestaurant,
)
from topics.contracts.user_events import (
    CuisineFavoured,
    CuisineUnfavoured,
    Preferences,
    PreferencesChanged,
    RestaurantFavoured,
    RestaurantUnfavoured,
)
from topics.documents.account import FavouriteCuisine, FavouriteRestaurant, Favourites

MAHMUT, TOKYO = "mahmut", "tokyo"
KEBAP = RestaurantFacts(name="Kebapçı Mahmut", logo="https://i.example.com/m.png", cuisines=("kebap",), status="open")
SUSHI = RestaurantFacts(name="Tokyo", logo="", cuisines=(), status="closed")
TOWN = Facts(restaurants={MAHMUT: KEBAP, TOKYO: SUSHI})
LIKES_MAHMUT = RestaurantFavoured(restaurant_id=MAHMUT, at=NOW, wants_campaigns=True)
LIKES_TOKYO = RestaurantFavoured(restaurant_id=TOKYO, at=LATER, wants_campaigns=True)
LIKES_ISKENDER = CuisineFavoured(cuisine="İskender", at=NOW)
AT = "2026-03-01T18:30:00Z"


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


# -- restaurants


@pytest.mark.parametrize("before", [(), (PENDING,), (PENDING, COMPLETED)], ids=["unknown", "pending", "complete"])
def test_a_restaurant_becomes_a_favourite_with_or_without_a_profile(before: tuple[Any, ...]) -> None:
    given(*before).when(FavourRestaurant(restaurant_id=MAHMUT), facts=TOWN).then(LIKES_MAHMUT).answering(
        restaurant_id=MAHMUT, name="Kebapçı Mahmut", logo=KEBAP.logo, cuisines=["kebap"], status="open", created_at=AT
    )


def test_a_favourite_of_an_account_that_is_not_heard_of_yet_takes_nothing_from_it() -> None:
    given(LIKES_MAHMUT).when(CreatePending(email=PENDING.email)).then(PENDING)


def test_a_restaurant_that_does_not_exist_is_no_favourite() -> None:
    given().when(FavourRestaurant(restaurant_id="nope"), facts=TOWN).then_rejected("not_found", field="restaurant_id")


@pytest.mark.parametrize("facts", [TOWN, Facts()], ids=["known", "not known any more"])
def test_a_favourite_once_more_changes_nothing_and_answers_the_first(facts: Facts) -> None:
    outcome = given(LIKES_MAHMUT).when(FavourRestaurant(restaurant_id=MAHMUT), facts=facts, now=LATER)
    outcome.then_nothing().answering(restaurant_id=MAHMUT, created_at=AT)


def test_a_restaurant_is_no_favourite_any_more() -> None:
    gone = RestaurantUnfavoured(restaurant_id=MAHMUT)
    given(LIKES_MAHMUT, LIKES_TOKYO).when(UnfavourRestaurant(restaurant_id=MAHMUT)).then(gone)
    given(LIKES_MAHMUT, gone).when(UnfavourRestaurant(restaurant_id=MAHMUT)).then_rejected("not_found")
    given().when(UnfavourRestaurant(restaurant_id=MAHMUT)).then_rejected("not_found")


def test_favourites_have_an_end_of_each_kind() -> None:
    many = [RestaurantFavoured(restaurant_id=f"r-{n}", at=NOW, wants_campaigns=True) for n in range(MOST)]
    many_cuisines = [CuisineFavoured(cuisine=f"mutfak {n}", at=NOW) for n in range(MOST)]
    favour = FavourRestaurant(restaurant_id=MAHMUT)
    given(*many).when(favour, facts=TOWN).then_rejected("too_many_favourites")
    given(*many).when(FavourRestaurant(restaurant_id="r-7"), facts=TOWN).then_nothing()
    given(*many).when(FavourCuisine(cuisine="Kebap")).then(CuisineFavoured(cuisine="Kebap", at=NOW))
    given(*many_cuisines).when(FavourCuisine(cuisine="Kebap")).then_rejected("too_many_favourites")
    given(*many_cuisines).when(FavourCuisine(cuisine="MUTFAK 7")).then_nothing()
    given(*many_cuisines).when(favour, facts=TOWN).then(LIKES_MAHMUT)


@pytest.mark.parametrize(
    ("preferences", "wants"),
    [
        (Preferences(), True),
        (Preferences(campaigns=False), False),
        (Preferences(email=False), False),
        (Preferences(order_updates=False), True),
    ],
)
def test_a_favourite_says_whether_its_campaigns_may_be_mailed(preferences: Preferences, wants: bool) -> None:
    changed = PreferencesChanged(preferences=preferences, favoured=())
    given(changed).when(FavourRestaurant(restaurant_id=MAHMUT), facts=TOWN).then(
        RestaurantFavoured(restaurant_id=MAHMUT, at=NOW, wants_campaigns=wants)
    )


def test_what_is_known_of_a_restaurant_follows_it() -> None:
    opened = RestaurantOpened(
        owner_id="o", opened_at=NOW, details=RestaurantDetails(name="Kebapçı", cuisines=("kebap",))
    )
    changed = RestaurantChanged(changed_at=NOW, details=RestaurantDetails(name="Kebapçı Mahmut", status="closed"))
    meta = scenario.EventMeta("e", MAHMUT, 1, NOW)
    known = RESTAURANTS.show(None, opened, meta).document
    assert known == RestaurantFacts(name="Kebapçı", logo="", cuisines=("kebap",), status="open")
    known = RESTAURANTS.show(known, changed, meta).document
    assert known == RestaurantFacts(name="Kebapçı Mahmut", logo="", cuisines=(), status="closed")


# -- cuisines


def test_a_cuisine_becomes_a_favourite() -> None:
    given().when(FavourCuisine(cuisine="İskender")).then(LIKES_ISKENDER).answering(cuisine="İskender", created_at=AT)


@pytest.mark.parametrize("spelled", ["İskender", "iskender", "ISKENDER", "ıskender", " İskender "])
def test_a_cuisine_is_the_same_in_every_spelling_and_keeps_its_first(spelled: str) -> None:
    outcome = given(LIKES_ISKENDER).when(FavourCuisine(cuisine=spelled), now=LATER)
    outcome.then_nothing().answering(cuisine="İskender", created_at=AT)
    gone = CuisineUnfavoured(cuisine="İskender")
    assert given(LIKES_ISKENDER).when(UnfavourCuisine(cuisine=spelled)).then(gone).state.cuisines == ()


def test_a_cuisine_that_is_no_favourite_is_not_found() -> None:
    given(LIKES_ISKENDER).when(UnfavourCuisine(cuisine="Kebap")).then_rejected("not_found")
    given(LIKES_ISKENDER).when(UnfavourCuisine(cuisine="k" * 256)).then_rejected("not_found")


# -- preferences


def test_what_is_said_of_the_preferences_changes_and_the_rest_stays() -> None:
    no_campaigns = PreferencesChanged(preferences=Preferences(campaigns=False), favoured=())
    outcome = given().when(ChangePreferences(campaigns=False)).then(no_campaigns)
    outcome.answering(campaigns=False, order_updates=True, email=True)
    neither = PreferencesChanged(preferences=Preferences(campaigns=False, email=False), favoured=())
    given(no_campaigns).when(ChangePreferences(email=False)).then(neither)


def test_restaurants_learn_from_the_preferences_who_follows_them() -> None:
    gone = RestaurantUnfavoured(restaurant_id=MAHMUT)
    changed = PreferencesChanged(preferences=Preferences(email=False), favoured=(MAHMUT, TOKYO))
    given(LIKES_MAHMUT, LIKES_TOKYO).when(ChangePreferences(email=False)).then(changed)
    changed = PreferencesChanged(preferences=Preferences(email=False), favoured=(TOKYO,))
    given(LIKES_MAHMUT, LIKES_TOKYO, gone).when(ChangePreferences(email=False)).then(changed)


@pytest.mark.parametrize("command", [ChangePreferences(), ChangePreferences(campaigns=True, email=True)])
def test_preferences_as_they_are_change_nothing(command: ChangePreferences) -> None:
    given().when(command).then_nothing().answering(campaigns=True, order_updates=True, email=True)


def test_who_says_a_language_for_the_first_time_chooses_it_also_the_one_that_all_begin_with() -> None:
    chosen = PreferencesChanged(preferences=Preferences(language="tr"), favoured=())
    after = given().when(ChangePreferences(language="tr")).then(chosen)
    assert after.state.has_preferences
    given(chosen).when(ChangePreferences(language="tr")).then_nothing().answering(language="tr")


# -- what is shown


def test_favourites_are_shown_in_the_order_in_which_they_became_such() -> None:
    kebap = CuisineFavoured(cuisine="Kebap", at=LATER)
    document = shown(FAVOURITES, PENDING, LIKES_TOKYO, LIKES_ISKENDER, LIKES_MAHMUT, kebap, COMPLETED)
    assert document == Favourites(
        restaurants=(
            FavouriteRestaurant(restaurant_id=TOKYO, created_at=LATER),
            FavouriteRestaurant(restaurant_id=MAHMUT, created_at=NOW),
        ),
        cuisines=(
            FavouriteCuisine(cuisine="İskender", created_at=NOW),
            FavouriteCuisine(cuisine="Kebap", created_at=LATER),
        ),
    )
    gone = RestaurantUnfavoured(restaurant_id=TOKYO), CuisineUnfavoured(cuisine="İskender")
    document = shown(FAVOURITES, LIKES_TOKYO, LIKES_ISKENDER, LIKES_MAHMUT, kebap, *gone)
    assert [each.restaurant_id for each in document.restaurants] == [MAHMUT]
    assert [each.cuisine for each in document.cuisines] == ["Kebap"]


def test_who_never_had_a_favourite_or_a_wish_has_no_such_document() -> None:
    assert shown(FAVOURITES, PENDING, COMPLETED) is None
    assert shown(PREFERENCES, PENDING, COMPLETED, LIKES_MAHMUT) is None


def test_preferences_are_shown_as_they_are_now() -> None:
    first, second = Preferences(campaigns=False), Preferences(campaigns=False, order_updates=False)
    events = [PreferencesChanged(preferences=each, favoured=()) for each in (first, second)]
    assert shown(PREFERENCES, *events, LIKES_MAHMUT) == second


def test_a_profile_shows_nothing_of_them() -> None:
    changed = PreferencesChanged(preferences=Preferences(email=False), favoured=())
    plain = shown(USER, PENDING, COMPLETED)
    assert shown(USER, PENDING, LIKES_MAHMUT, COMPLETED, LIKES_ISKENDER, changed) == plain
    assert plain.id == ID
