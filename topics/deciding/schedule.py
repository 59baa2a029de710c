"""When an order is wanted: on a day, or at a moment with or without a zone (topics.values.fields.DayOrTime).

A moment without a zone is meant in the restaurant's. A day means any time of that day there.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from topics.deciding.decision import Rejection
from topics.values import opening_hours

_DAY_LENGTH = len("2026-03-01")
_LAST_YEAR = "9999"


def read(said: str, zone: str) -> date | datetime:
    """As day_or_moment(), and ValueError for the year 9999 too: Python can make no day after its last one, nor move that
    one to another time zone, as past() and closed() have to."""
    if said.startswith(_LAST_YEAR):
        raise ValueError(f"the year {_LAST_YEAR} is out of reach")
    return day_or_moment(said, zone)


def day_or_moment(said: str, zone: str) -> date | datetime:
    """A datetime always has a zone. zone: what a moment without one is meant in. Raises ValueError where there is none."""
    if len(said) == _DAY_LENGTH:
        return date.fromisoformat(said)
    moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def past(said: str | None, zone: str, now: datetime) -> Rejection | None:
    """None where the time is still to come, or nobody said one."""
    if said is None:
        return None
    try:
        asked = read(said, zone)
    except ValueError:
        return Rejection("invalid_input", "there is no such day or time", "schedule_date")
    over = asked <= now if isinstance(asked, datetime) else asked < now.astimezone(ZoneInfo(zone)).date()
    return Rejection("schedule_in_past", "this time is over, choose a later one", "schedule_date") if over else None


def paused(said: str | None, until: datetime | None, zone: str, now: datetime) -> Rejection | None:
    """None where a restaurant that takes no orders until then takes one for that time, or is not paused any more."""
    if until is None or until <= now:
        return None
    asked, local = now if said is None else read(said, zone), until.astimezone(ZoneInfo(zone))
    if (asked >= until) if isinstance(asked, datetime) else (asked >= local.date()):
        return None
    detail = f"the restaurant takes a break and no orders until {local:%Y-%m-%d %H:%M}"
    return Rejection("restaurant_paused", detail, "schedule_date" if said else None, {"until": local.isoformat()})


def closed(
    said: str | None, hours: Mapping[str, str], zone: str, now: datetime, off: Sequence[date] = ()
) -> Rejection | None:
    """None where the restaurant is open then (now, where nobody said a time). Tells when it opens next. off: days off."""
    asked = now if said is None else read(said, zone)
    if not isinstance(asked, datetime):
        if opening_hours.is_open_on(hours, asked, off):
            return None
        asked = datetime.combine(asked, datetime.min.time(), ZoneInfo(zone))
    elif opening_hours.is_open(hours, zone, asked, off):
        return None
    opens = opening_hours.opens_at(hours, zone, asked, off)
    when = "now" if said is None else "at that time"
    more = {"opens_at": None if opens is None else opens.isoformat()}
    return Rejection("restaurant_closed", f"the restaurant is closed {when}", "schedule_date" if said else None, more)
