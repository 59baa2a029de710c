"""The check of deliveries sees what it is there to see."""

from typing import Any

import pytest

from infra.audit.deliveries import DeliveriesCheck
from tests.infra.audit.events import Log, found

OFFERED, ACCEPTED, PICKED_UP, DELIVERED = "DeliveryOffered", "DeliveryAccepted", "PickedUp", "Delivered"
A, B = "courier-a", "courier-b"


def cases(*events: tuple[str, str]) -> dict[str, list[str]]:
    """events: (type, courier), after those that a delivery begins with."""
    log = Log()
    log.happens("courier", "DeliveryExpected")
    log.happens("courier", "DeliveryOpened")
    for type, courier in events:
        log.happens("courier", type, courier_id=courier)
    return found(DeliveriesCheck(), log).cases


@pytest.mark.parametrize(
    "events",
    [
        [(OFFERED, A), (ACCEPTED, A), (PICKED_UP, A), (DELIVERED, A)],
        [(OFFERED, A), ("OfferEnded", A), (OFFERED, B), ("OfferDeclined", B), (OFFERED, A), (ACCEPTED, A)],
        [(OFFERED, A), (ACCEPTED, A), ("CourierWithdrawn", A), (OFFERED, B), (ACCEPTED, B), (PICKED_UP, B), (DELIVERED, B)],
        [(OFFERED, A), (ACCEPTED, A), (PICKED_UP, A), ("Failed", A), (OFFERED, B)],
    ],
)  # fmt: skip
def test_one_after_the_other_is_clean(events: Any):
    assert cases(*events) == {}


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ([(OFFERED, A), (OFFERED, B)], "o: offered while a courier was asked or had it (DeliveryOffered)"),
        ([(OFFERED, A), (ACCEPTED, B)], "o: DeliveryAccepted after DeliveryOffered"),
        ([(OFFERED, A), (ACCEPTED, A), (DELIVERED, A)], "o: Delivered after DeliveryAccepted"),
        ([(OFFERED, A), (ACCEPTED, A), (PICKED_UP, B)], "o: PickedUp after DeliveryAccepted"),
        ([(OFFERED, A), ("OfferEnded", A), (ACCEPTED, A)], "o: DeliveryAccepted after nothing"),
    ],
)
def test_two_at_once_and_steps_that_are_left_out_are_seen(events: Any, wrong: str):
    assert cases(*events) == {"a courier has what another one has, or did not pick up": [wrong]}


def test_a_second_delivery_is_seen():
    way = [(OFFERED, A), (ACCEPTED, A), (PICKED_UP, A), (DELIVERED, A)]
    assert cases(*way, *way)["delivered twice"] == ["o: 2"]
