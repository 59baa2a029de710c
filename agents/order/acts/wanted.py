"""When a placed order is wanted, and whether it still can be had when its time has come."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.order.facts import Facts
from topics.contracts.order_events import OrderPlaced
from topics.copies import RestaurantCopy
from topics.deciding import schedule
from topics.values import opening_hours

_MOMENT = timedelta(microseconds=1)


def due_at(placed: OrderPlaced, restaurant: RestaurantCopy, now: datetime) -> datetime | None:
    """UTC. None: as soon as possible. On a mere day: as early as the restaurant can after it opens."""
    if placed.schedule_date is None:
        return None
    asked = schedule.read(placed.schedule_date, restaurant.time_zone)
    if isinstance(asked, datetime):
        return asked.astimezone(UTC)
    opens = _opens_on(asked, restaurant, now)
    return None if opens is None else opens.astimezone(UTC) + timedelta(minutes=restaurant.prep_time)


def _opens_on(day: date, restaurant: RestaurantCopy, now: datetime) -> datetime | None:
    """None: it is that day, and the restaurant is open."""
    zone, hours, off = restaurant.time_zone, restaurant.opening_hours, restaurant.days_off
    begins = datetime.combine(day, time(), ZoneInfo(zone))
    after = max(begins, now)
    if opening_hours.is_open(hours, zone, after, off):
        return None if after is now else begins
    return opening_hours.opens_at(hours, zone, after - _MOMENT, off) or begins


def no_more(placed: OrderPlaced, facts: Facts, now: datetime) -> str | None:
    """Why a scheduled order can no longer be had, for the customer; None: it can."""
    restaurant = facts.restaurants.get(placed.restaurant_id)
    if restaurant is None or not restaurant.is_open:
        return "the restaurant takes no orders now"
    said, zone = placed.schedule_date, restaurant.time_zone
    refused = schedule.closed(said, restaurant.opening_hours, zone, now, restaurant.days_off) or schedule.paused(
        said, restaurant.paused_until, zone, now
    )
    if refused is not None:
        return refused.detail
    gone = [item.name for item in placed.items if not _on_sale(item.meal_id, facts)]
    return f"not on sale any more: {', '.join(dict.fromkeys(gone))}" if gone else None


def _on_sale(meal_id: str, facts: Facts) -> bool:
    meal = facts.meals.get(meal_id)
    return meal is not None and meal.is_available
