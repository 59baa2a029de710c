"""The demo data is what its commands say it is, before anything is sent."""

import io
from datetime import UTC, datetime, timedelta

import msgspec
from PIL import Image

from agents.photo.limits import WAITING
from agents.restaurant.limits import RESTAURANTS as RESTAURANTS_OF_AN_OWNER
from http_edge.wire.amounts import lira_of
from infra.demo.drawing import HEIGHT, WIDTH, plate
from infra.demo.filling import command_headers, in_turn, meals, offers, restaurants, said
from infra.demo.menu import OWNER
from infra.demo.menus import MENUS
from infra.demo.more import FEWEST, MOST, RESTAURANTS, all_menus
from infra.demo.offers import COUPONS, LEZZET10, campaigns, coupons
from infra.demo.pictures import frames
from topics.contracts.restaurant_commands import GiveReview
from topics.messages import headers
from topics.values.folding import fold
from topics.values.opening_hours import is_open, overlap
from topics.values.validation import Validator

ALL = all_menus()
WISHES = [*restaurants(ALL), *meals(ALL), *offers(ALL), *said(ALL)]
WEEK = [datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=30 * each) for each in range(7 * 48)]


def test_every_command_is_one_that_the_edge_would_take_as_it_is() -> None:
    for wish in WISHES:
        kind, body = type(wish.command), wish.topic.encode(wish.command)
        assert Validator(kind).validated(msgspec.json.decode(lira_of(kind)(body))) == wish.command, wish.id
        assert wish.topic.decode(kind.__name__, body, str(kind.schema_version)) == wish.command, wish.id


def test_each_wish_has_commands_of_its_own() -> None:
    assert len({wish.command_id for wish in WISHES}) == len(WISHES)


def test_there_are_200_restaurants_in_three_cities_with_20_to_40_meals() -> None:
    cities = [menu.opening.address.city for menu in ALL]
    assert len(ALL) == RESTAURANTS == 200
    assert all(cities.count(city) > 50 for city in ("İstanbul", "Ankara", "İzmir")) and len(set(cities)) == 3
    assert len({(menu.opening.address.city, menu.opening.address.district) for menu in ALL}) > 30
    assert all(FEWEST <= len(menu.meals) <= MOST for menu in ALL)
    assert len({menu.opening.name for menu in ALL}) == len({menu.restaurant_id for menu in ALL}) == 200


def test_no_owner_has_more_restaurants_than_the_domain_allows() -> None:
    owners = [menu.owner for menu in ALL]
    assert max(owners.count(each) for each in set(owners)) <= RESTAURANTS_OF_AN_OWNER.most


def test_the_hand_written_ones_come_first_and_keep_what_they_have() -> None:
    for written, longer in zip(MENUS, ALL, strict=False):
        assert (longer.name, longer.opening, longer.owner) == (written.name, written.opening, OWNER)
        assert written.meals.items() <= longer.meals.items()


def test_some_of_the_others_have_campaigns_and_coupons() -> None:
    assert len(campaigns(ALL, datetime(2026, 3, 2, tzinfo=UTC).date())) > 10
    assert len(coupons(ALL)) > 10
    assert len(coupons(MENUS)) == len(COUPONS)


def test_24_are_written_by_hand_in_three_cities_with_six_to_ten_meals() -> None:
    cities = [menu.opening.address.city for menu in MENUS]
    assert len(MENUS) == 24
    assert {city: cities.count(city) for city in cities} == {"İstanbul": 10, "Ankara": 7, "İzmir": 7}
    assert all(6 <= len(menu.meals) <= 10 for menu in MENUS)


def test_each_differs_in_what_a_search_looks_at() -> None:
    openings = [menu.opening for menu in MENUS]
    assert len({(each.address.latitude, each.address.longitude) for each in openings}) == 24
    assert len({each.delivery_fee for each in openings}) > 15
    assert len({each.min_order_price for each in openings}) > 12
    assert len({each.prep_time for each in openings}) > 7
    assert len({fold(cuisine) for each in openings for cuisine in each.cuisines}) > 20


def test_the_first_two_are_open_at_any_hour_and_one_is_closed_by_its_owner() -> None:
    for menu in MENUS[:2]:
        opening = menu.opening
        assert opening.status == "open"
        assert all(is_open(opening.opening_hours, opening.time_zone, at) for at in WEEK)
    assert [menu.name for menu in MENUS if menu.opening.status == "closed"] == ["sokak-burger"]
    assert [wish.id for turn in in_turn(MENUS)[:2] for wish in turn] == [menu.restaurant_id for menu in MENUS[:2]]


def test_hours_do_not_overlap_and_some_are_open_and_some_closed_at_any_time() -> None:
    assert all(overlap(menu.opening.opening_hours) is None for menu in ALL)
    for at in WEEK:
        is_so = {is_open(menu.opening.opening_hours, menu.opening.time_zone, at) for menu in MENUS}
        assert is_so == {True, False}


def test_meals_are_on_the_menu_of_their_own_restaurant_and_go_with_others_of_it() -> None:
    for menu in ALL:
        ids = {menu.meal_id(name) for name in menu.meals}
        assert all(meal.restaurant_id == menu.restaurant_id for meal in menu.meals.values())
        assert all(ids.issuperset(meal.complementary_ids) for meal in menu.meals.values())
        assert any(meal.complementary_ids for meal in menu.meals.values())


def test_ids_are_different_and_always_the_same() -> None:
    ids = [wish.id for wish in WISHES]
    assert ids == [wish.id for wishes in (restaurants, meals, offers, said) for wish in wishes(all_menus())]
    named = [(wish.view, wish.id) for wish in WISHES]
    assert len(set(named)) == len(named)
    assert MENUS[2].name == "kebapci-mahmut"
    assert MENUS[2].restaurant_id == "4d5296c1-67e7-59f1-b903-6ffa2ddcceb7"


def test_a_next_try_is_another_command_of_the_same_owner() -> None:
    wish = restaurants(MENUS)[0]
    first = command_headers(wish)
    wish.tries += 1
    second = command_headers(wish)
    assert first[headers.ID] != second[headers.ID]
    assert first[headers.CALLER] == second[headers.CALLER] == OWNER


def test_a_coupon_for_everywhere_is_asked_for_by_nobody_and_others_by_the_owner() -> None:
    callers = {wish.id: command_headers(wish).get(headers.CALLER) for wish in offers(MENUS)}
    assert callers[LEZZET10] is None
    assert callers["KEBAP50"] == OWNER


def test_every_restaurant_has_reviews_and_some_are_better_than_others() -> None:
    ratings = dict[str, list[int]]()
    for wish in said(ALL):
        assert isinstance(wish.command, GiveReview) and wish.caller is None
        ratings.setdefault(wish.command.restaurant_id, []).append(wish.command.rating)
    assert len(ratings) == 200
    averages = {round(sum(each) / len(each), 1) for each in ratings.values()}
    assert len(averages) > 15 and max(averages) == 5


def test_a_handful_of_pictures_goes_to_the_first_restaurants_and_differs() -> None:
    wanted = list(frames(ALL))
    assert len(wanted) <= WAITING.most, "their owner may have no more that wait"
    drawn = [plate(each.id) for each in wanted]
    assert len(set(drawn)) == len(drawn) and plate(wanted[0].id) == drawn[0]
    for each in drawn:
        picture = Image.open(io.BytesIO(each))
        picture.load()
        assert (picture.format, picture.size, len(each) < 20_000) == ("PNG", (WIDTH, HEIGHT), True)
