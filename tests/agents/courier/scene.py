"""A delivery in its states, and who has to do with it."""

from datetime import timedelta
from typing import Any

from agents.courier.decider import DECIDER
from agents.courier.facts import Facts, Sender
from agents.courier.limits import OFFER_SECONDS
from tests.agents import scenario
from tests.agents.scenario import ID, NOW
from topics import keys
from topics.contracts.address_events import SavedAddress
from topics.contracts.courier_commands import ExpectDelivery
from topics.contracts.courier_events import (
    Delivered,
    DeliveryAccepted,
    DeliveryExpected,
    DeliveryOffered,
    DeliveryOpened,
    PickedUp,
    Spot,
)

OWNER, DENIZ, EMRE, STRANGER = "owner", "deniz", "emre", "stranger"
SPOT = Spot(latitude=40.99, longitude=29.03)
FACTS = Facts(restaurants={"mahmut": Sender(owner_id=OWNER, spot=SPOT)})
COURIERS = {("courier", name): keys.courier(name) for name in (DENIZ, EMRE)}
SOON = NOW + timedelta(seconds=10)
OVER = NOW + timedelta(seconds=OFFER_SECONDS)

HOME = SavedAddress(
    id="home", title="Ev", address="Moda Caddesi 12", city="İstanbul", district="Kadıköy", full_address="Moda Caddesi 12",
    zip_code="34710", apartment=None, floor=None, door_number=None, latitude=40.98, longitude=29.02, created_at=NOW,
    updated_at=NOW,
)  # fmt: skip
EXPECT = ExpectDelivery(restaurant_id="mahmut", restaurant_name="Mahmut Usta", address=HOME)
EXPECTED = DeliveryExpected(restaurant_id="mahmut", restaurant_name="Mahmut Usta", address=HOME)
OPEN = (EXPECTED, DeliveryOpened())


def offered(to: str = DENIZ) -> DeliveryOffered:
    return DeliveryOffered(
        order_id=ID, courier_id=to, offered_at=NOW, ends_at=OVER, owner_id=OWNER, restaurant_id="mahmut",
        restaurant_name="Mahmut Usta", restaurant_spot=SPOT, city="İstanbul", district="Kadıköy",
    )  # fmt: skip


OFFERED = (*OPEN, offered())
ACCEPTED = (*OFFERED, DeliveryAccepted(courier_id=DENIZ, at=NOW, address=HOME))
PICKED_UP = (*ACCEPTED, PickedUp(courier_id=DENIZ, at=NOW))
DELIVERED = (*PICKED_UP, Delivered(courier_id=DENIZ, at=NOW))


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)
