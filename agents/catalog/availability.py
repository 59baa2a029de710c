"""A meal is sold out: for a while, for today, or until its owner says otherwise. A timer puts it back on sale."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.catalog.dish import Offer
from agents.catalog.facts import Ownership
from agents.catalog.projection import answer
from topics.contracts.catalog_commands import BackOnSale, SetAvailability
from topics.contracts.catalog_events import AvailabilityChanged, Event
from topics.deciding import schedule
from topics.deciding.decision import Context, Decision, Rejection, Timer, accept
from topics.values.forms import TODAY
from topics.values.opening_hours import day_ends

BACK = "back"
"""Name of the timer."""

FURTHEST = timedelta(days=365)
"""A meal is sold out for so long at most, if a time is said."""


def set_availability(
    command: SetAvailability, offer: Offer, restaurant: Ownership, context: Context
) -> Decision[Event]:
    until = _until(command, restaurant, context.now)
    if isinstance(until, Rejection):
        return Decision(rejection=until)
    details = replace(offer.details, is_available=command.is_available, sold_out_until=until)
    said = answer(replace(offer, details=details), context)
    if details == offer.details:
        return accept(answer=said)
    changed = AvailabilityChanged(restaurant_id=offer.restaurant_id, is_available=command.is_available, until=until)
    if until is None:
        return accept(changed, answer=said, cancels=(BACK,))
    return accept(changed, answer=said, timers=(Timer(BACK, until, BackOnSale()),))


def back_on_sale(offer: Offer | None) -> Decision[Event]:
    """The timer's time has come. Whoever set the meal's availability since has moved the timer or taken it away."""
    if offer is None or offer.details.is_available:
        return accept()
    return accept(AvailabilityChanged(restaurant_id=offer.restaurant_id, is_available=True))


def _until(command: SetAvailability, restaurant: Ownership, now: datetime) -> datetime | Rejection | None:
    """In UTC. None: nobody said a time."""
    said, minutes = command.until, command.minutes
    if command.is_available and (said is not None or minutes is not None):
        return _refused("belongs to a meal that is sold out", "minutes" if said is None else "until")
    if said is None:
        return None if minutes is None else now + timedelta(minutes=minutes)
    if minutes is not None:
        return _refused("says the same as until: say one of them", "minutes")
    try:
        until = _moment(said, restaurant, now).astimezone(UTC)
    except (ValueError, OverflowError):
        return _refused("there is no such day or time")
    if until <= now:
        return _refused("is over already")
    return until if until <= now + FURTHEST else _refused(f"is more than {FURTHEST.days} days away")


def _moment(said: str, restaurant: Ownership, now: datetime) -> datetime:
    """Raises ValueError and OverflowError where there is none."""
    if said == TODAY:
        return day_ends(restaurant.opening_hours, restaurant.time_zone, now)
    found = schedule.day_or_moment(said, restaurant.time_zone)
    if isinstance(found, datetime):
        return found
    return datetime.combine(found, datetime.min.time(), ZoneInfo(restaurant.time_zone))


def _refused(why: str, field: str = "until") -> Rejection:
    return Rejection("invalid_input", why, field)
