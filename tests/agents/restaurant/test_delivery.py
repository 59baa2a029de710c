"""Where a restaurant delivers: what its owner may say."""

from typing import Any

import pytest

from agents.restaurant.decider import DECIDER
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW
from topics.contracts.restaurant_commands import ChangeRestaurant, OpenRestaurant
from topics.contracts.restaurant_events import RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.copies import RESTAURANTS
from topics.messages.event import EventMeta
from topics.values.areas import Corner, DeliveryArea
from topics.values.fields import Address

OWNER = "owner-1"
TAKSIM = Address(latitude=41.0369, longitude=28.985)
NEAR = DeliveryArea(radius_km=2)
A, B, C, D = (Corner(latitude=lat, longitude=lon) for lat, lon in ((41, 29), (41, 29.1), (41.1, 29.1), (41.1, 29)))
SQUARE, BOW_TIE = DeliveryArea(polygon=(A, B, C, D)), DeliveryArea(polygon=(A, C, B, D))


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def opened(**more: Any) -> RestaurantOpened:
    return RestaurantOpened(owner_id=OWNER, details=RestaurantDetails(name="a", **more), opened_at=NOW)


def test_a_polygon_is_kept_and_one_that_is_closed_loses_its_last_corner() -> None:
    said = DeliveryArea(polygon=(A, B, C, D, A))
    given().when(OpenRestaurant(name="a", delivery_area=said), caller=OWNER).then(opened(delivery_area=SQUARE))
    again = given(opened(delivery_area=SQUARE)).when(ChangeRestaurant(delivery_area=said), caller=OWNER)
    again.then_nothing()


@pytest.mark.parametrize(
    ("area", "field"),
    [(BOW_TIE, "delivery_area.polygon"), (NEAR, "delivery_area.center"), (DeliveryArea(), "delivery_area")],
)
def test_an_area_that_cannot_be_is_refused_by_its_name(area: DeliveryArea, field: str) -> None:
    given().when(OpenRestaurant(name="a", delivery_area=area), caller=OWNER).then_rejected("invalid_input", field=field)
    change = given(opened()).when(ChangeRestaurant(delivery_area=area), caller=OWNER)
    change.then_rejected("invalid_input", field=field)


def test_an_address_that_a_radius_is_around_keeps_its_coordinates() -> None:
    before = opened(address=TAKSIM, delivery_area=NEAR)
    moved = given(before).when(ChangeRestaurant(address=Address(city="Bursa")), caller=OWNER)
    moved.then_rejected("invalid_input", field="delivery_area.center")


def test_an_area_is_taken_away() -> None:
    everywhere = RestaurantChanged(details=RestaurantDetails(name="a", address=TAKSIM), changed_at=LATER)
    change = ChangeRestaurant(clears=("delivery_area",))
    given(opened(address=TAKSIM, delivery_area=NEAR)).when(change, caller=OWNER, now=LATER).then(everywhere)


def test_copies_have_the_radius_with_its_center() -> None:
    event = opened(address=TAKSIM, delivery_area=NEAR, pickup=False)
    copy = RESTAURANTS.show(None, event, EventMeta("event", ID, 1, NOW)).document
    assert copy is not None and copy.delivery_area is not None and not copy.pickup
    assert copy.delivery_area.center == Corner(latitude=41.0369, longitude=28.985)
