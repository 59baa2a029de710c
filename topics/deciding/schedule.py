"""When an order is wanted: on a day, or at a moment with or without a zone (topics.values.fields.DayOrTime).

A moment without a zone is meant in the restaurant's. A day means any time of that day there.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from topics.deciding.decision import Rejection
from topics.values import opening_hours

_DAY_LENGTH = len("2026-03-01")
_LAST_YEAR = "9999"
_MOMENT = timedelta(microseconds=1)


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
    said: str | None,
    hours: Mapping[str, str],
    zone: str,
    now: datetime,
    off: Sequence[date] = (),
    until: datetime | None = None,
) -> Rejection | None:
    """None where the restaurant is open then (now, where nobody said a time; on a day: at some time that is still to come).
    Tells when it opens next. off: days off. until: of a pause; on a day, only what comes after it counts."""
    asked = now if said is None else read(said, zone)
    if not isinstance(asked, datetime):
        if opens_on(asked, hours, zone, now, off, until) is not None:
            return None
        asked = max(_midnight(asked, zone), now, until or now)
    elif opening_hours.is_open(hours, zone, asked, off):
        return None
    opens = opening_hours.opens_at(hours, zone, asked, off)
    when = "now" if said is None else "at that time"
    more = {"opens_at": None if opens is None else opens.isoformat()}
    return Rejection("restaurant_closed", f"the restaurant is closed {when}", "schedule_date" if said else None, more)


def opens_on(
    day: date,
    hours: Mapping[str, str],
    zone: str,
    now: datetime,
    off: Sequence[date] = (),
    until: datetime | None = None,
) -> datetime | None:
    """The first moment on that day in the restaurant's zone, from now on, at which it is open: `now` itself where that is one.
    None: there is none. A day to come begins with its own first range, and with what is left of the night before where it has
    none. off: days off. until: the end of a pause, before which it counts as closed."""
    begins = _midnight(day, zone)
    if now < begins:
        own = opening_hours.opens_at(hours, zone, begins - _MOMENT, off)
        if own is not None and own.date() == day:
            begins = own
    after = max(begins, now, until or now)
    opens = after if opening_hours.is_open(hours, zone, after, off) else opening_hours.opens_at(hours, zone, after, off)
    return opens if opens is not None and opens.astimezone(ZoneInfo(zone)).date() == day else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
