"""When a placed order is wanted, and whether it still can be had when its time has come."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from agents.order.facts import Facts
from topics.contracts.order_events import OrderPlaced
from topics.copies import RestaurantCopy
from topics.deciding import schedule
from topics.deciding.decision import Rejection


def due_at(placed: OrderPlaced, restaurant: RestaurantCopy, now: datetime) -> datetime | None:
    """UTC. None: as soon as possible. On a mere day: as early as the restaurant can after it opens, or after its pause."""
    if placed.schedule_date is None:
        return None
    asked = schedule.read(placed.schedule_date, restaurant.time_zone)
    if isinstance(asked, datetime):
        return asked.astimezone(UTC)
    opens = _opens_on(asked, restaurant, now)
    return None if opens is None or opens <= now else opens.astimezone(UTC) + timedelta(minutes=restaurant.prep_time)


def opens_for(said: str | None, restaurant: RestaurantCopy, now: datetime) -> datetime | None:
    """From when on the restaurant cooks what is wanted on a mere day: `now` where it cooks for that day already. None: no day
    was said, or nothing is left of it. said: as in a checkout."""
    day = _day(said, restaurant)
    return None if day is None else _opens_on(day, restaurant, now)


def refusals(said: str | None, restaurant: RestaurantCopy, now: datetime) -> Sequence[Rejection]:
    """What hours and a pause have against an order for that time. said: as in a checkout, and not over yet."""
    zone, until = restaurant.time_zone, restaurant.paused_until
    paused = schedule.paused(said, until, zone, now)
    # A pause that lasts longer than the day is the reason itself. One that ends on it may leave none of its hours.
    ends = until if paused is None else None
    closed = schedule.closed(said, restaurant.opening_hours, zone, now, restaurant.days_off, ends)
    return tuple(each for each in (closed, paused) if each is not None)


def day_over(placed: OrderPlaced, restaurant: RestaurantCopy | None, now: datetime) -> str | None:
    """Why an order for a mere day can no longer be had on it, for the customer; None: it can, or is for no day."""
    if restaurant is None or _day(placed.schedule_date, restaurant) is None:
        return None
    return _against(placed, restaurant, now)


def not_taken(placed: OrderPlaced, restaurant: RestaurantCopy | None, now: datetime) -> str | None:
    """Why the restaurant takes no order for that time any more, for the customer; None: it does."""
    if restaurant is None or not restaurant.is_open:
        return "the restaurant takes no orders now"
    return _against(placed, restaurant, now)


def no_more(placed: OrderPlaced, facts: Facts, now: datetime) -> str | None:
    """Why a scheduled order can no longer be had, for the customer; None: it can."""
    why = not_taken(placed, facts.restaurants.get(placed.restaurant_id), now)
    if why is not None:
        return why
    gone = [item.name for item in placed.items if not _on_sale(item.meal_id, facts)]
    return f"not on sale any more: {', '.join(dict.fromkeys(gone))}" if gone else None


def _against(placed: OrderPlaced, restaurant: RestaurantCopy, now: datetime) -> str | None:
    said = placed.schedule_date
    over = schedule.past(said, restaurant.time_zone, now)
    # What was wanted for a time that is over is cooked now, if at all.
    refused = refusals(None if over else said, restaurant, now)
    return refused[0].detail if refused else None


def _day(said: str | None, restaurant: RestaurantCopy) -> date | None:
    asked = None if said is None else schedule.read(said, restaurant.time_zone)
    return None if isinstance(asked, datetime) else asked


def _opens_on(day: date, restaurant: RestaurantCopy, now: datetime) -> datetime | None:
    hours, zone, off = restaurant.opening_hours, restaurant.time_zone, restaurant.days_off
    return schedule.opens_on(day, hours, zone, now, off, restaurant.paused_until)


def _on_sale(meal_id: str, facts: Facts) -> bool:
    meal = facts.meals.get(meal_id)
    return meal is not None and meal.is_available
