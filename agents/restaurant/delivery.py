"""Where a restaurant delivers: what may be said of it."""

from msgspec.structs import replace

from topics.contracts.restaurant_events import RestaurantDetails
from topics.deciding.decision import Rejection
from topics.values import areas
from topics.values.areas import DeliveryArea, NoArea
from topics.values.fields import Address


def of(details: RestaurantDetails) -> tuple[DeliveryArea | None, Address]:
    """What refusal() looks at."""
    return details.delivery_area, details.address


def normal(details: RestaurantDetails) -> RestaurantDetails:
    area = details.delivery_area
    return details if area is None else replace(details, delivery_area=areas.normal(area))


def refusal(details: RestaurantDetails) -> Rejection | None:
    """details: normal. Why this area cannot be kept, None where it can. The edge checks each number; only here corners are
    compared."""
    if details.delivery_area is None:
        return None
    try:
        areas.check(areas.placed(details.delivery_area, details.address))
    except NoArea as error:
        return Rejection("invalid_input", str(error), f"delivery_area.{error.field}".rstrip("."))
    return None
