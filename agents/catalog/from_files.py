"""A row of a menu file puts a meal on the menu, or changes it. Whatever becomes of it, the menu domain is told."""

from msgspec.structs import asdict

from agents.catalog.availability import BACK
from agents.catalog.checks import refusal
from agents.catalog.dish import Dish, Offer
from agents.catalog.facts import Facts
from agents.catalog.limits import MEALS
from agents.catalog.offering import added, changed_details, first_offer, new_details
from topics.contracts.catalog_commands import PutMeal
from topics.contracts.catalog_events import Event, MealChanged, Outcome, RowSettled
from topics.deciding.decision import Context, Decision, Rejection, accept


def put(command: PutMeal, dish: Dish, facts: Facts, context: Context) -> Decision[Event]:
    """A meal that was removed comes back, if the row does not name it by its id."""
    if facts.owned(command.restaurant_id, command.owner_id) is None:
        return _refused(command, Rejection("not_found", "you have no such restaurant"))
    if dish.offer is not None and dish.offer.restaurant_id == command.restaurant_id:
        return _change(command, dish.offer)
    if command.known or dish.offer is not None:
        return _refused(command, Rejection("not_found", "there is no such meal on this menu", "id"))
    return _add(command, context)


def _add(command: PutMeal, context: Context) -> Decision[Event]:
    offer = first_offer(command.restaurant_id, new_details(asdict(command.said)), command.owner_id, context)
    if isinstance(offer, Rejection):
        return _refused(command, offer)
    return accept(added(offer), _settled(command, "added"), takes=((MEALS.kind, offer.seat or ""),))


def _change(command: PutMeal, offer: Offer) -> Decision[Event]:
    details = changed_details(offer.details, asdict(command.said))
    if details == offer.details:
        return accept(_settled(command, "unchanged"), takes=())
    if (refused := refusal(details, offer.details)) is not None:
        return _refused(command, refused)
    changed = MealChanged(restaurant_id=offer.restaurant_id, details=details)
    cancels = (BACK,) if details.sold_out_until is None else ()
    return accept(changed, _settled(command, "changed"), takes=(), cancels=cancels)


def _settled(command: PutMeal, outcome: Outcome) -> RowSettled:
    return RowSettled(row=command.row, outcome=outcome)


def _refused(command: PutMeal, why: Rejection) -> Decision[Event]:
    settled = RowSettled(row=command.row, outcome="refused", field=why.field or "", why=why.detail)
    return accept(settled, takes=())
