"""A restaurant's hours in its time zone: what may be said of them, and whether it is open."""

from datetime import date, datetime

from agents.restaurant.house import Opened
from topics.contracts.restaurant_events import RestaurantDetails
from topics.deciding.decision import Rejection
from topics.values import forms, opening_hours
from topics.values.fields import Weekday


def of(details: RestaurantDetails) -> tuple[dict[Weekday, str], str, tuple[date, ...]]:
    """What refusal() looks at."""
    return details.opening_hours, details.time_zone, days_off(details)


def days_off(details: RestaurantDetails) -> tuple[date, ...]:
    return tuple(each.day for each in details.days_off)


def refusal(details: RestaurantDetails) -> Rejection | None:
    """Why these hours cannot be kept, None where they can. The edge checks each day; only here days are compared."""
    try:
        forms.time_zone(details.time_zone)
    except forms.NotInForm as error:
        return Rejection("invalid_input", str(error), "time_zone")
    for day, text in details.opening_hours.items():
        try:
            opening_hours.normal_day(text)
        except ValueError as error:
            return Rejection("invalid_input", str(error), f"opening_hours.{day}")
    found = opening_hours.overlap(details.opening_hours)
    if found is not None:
        return Rejection("invalid_input", found[1], f"opening_hours.{found[0]}")
    off = days_off(details)
    twice = next((place for place, day in enumerate(off) if day in off[:place]), None)
    return None if twice is None else Rejection("invalid_input", "is listed twice", f"days_off[{twice}].day")


def is_open(opened: Opened, at: datetime) -> bool:
    """Whether it takes orders at that moment."""
    details = opened.details
    if details.status != "open" or (opened.pause is not None and at < opened.pause.until):
        return False
    return opening_hours.is_open(details.opening_hours, details.time_zone, at, days_off(details))
