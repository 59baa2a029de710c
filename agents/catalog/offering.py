"""What a meal is like after somebody has said something of it: by a form, or by a row of a file."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from agents.catalog.checks import refusal
from agents.catalog.dish import Offer
from agents.catalog.limits import MEALS
from topics.contracts.catalog_events import MealAdded, MealDetails
from topics.deciding.decision import Context, Rejection
from topics.documents.photo import is_same


def new_details(said: Mapping[str, Any]) -> MealDetails:
    """said: by the names of MealDetails."""
    return MealDetails(**_normal(said))


def changed_details(before: MealDetails, said: Mapping[str, Any]) -> MealDetails:
    """said: as in new_details(); None stays as it is. A meal that is put on sale is not sold out until a time any more, and
    another image is not the photo's."""
    if is_same(said.get("image_url") or "", before.image_url):
        said = {**said, "image_url": None}
    details = replace(before, **_normal(said))
    if details.is_available:
        details = replace(details, sold_out_until=None)
    return details if details.image_url == before.image_url else replace(details, photo_id=None)


def first_offer(restaurant_id: str, details: MealDetails, owner_id: str, context: Context) -> Offer | Rejection:
    """A meal that comes onto a menu, with its seat."""
    if (refused := refusal(details)) is not None:
        return refused
    seat = MEALS.free(owner_id, context)
    if seat is None:
        return Rejection("menu_full", f"all menus of an owner have {MEALS.most:,} meals at most, take one off first")
    return Offer(restaurant_id=restaurant_id, details=details, added_at=context.now, seat=seat[1])


def added(offer: Offer) -> MealAdded:
    return MealAdded(restaurant_id=offer.restaurant_id, details=offer.details, added_at=offer.added_at, seat=offer.seat)


def _normal(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, with each allergen and diet once."""
    found = {name: value for name, value in said.items() if value is not None}
    for name in ("allergens", "diets"):
        if name in found:
            found[name] = tuple(dict.fromkeys(found[name]))
    return found
