"""For when an order may be asked. Clients send a day, or a time with or without its zone (topics.fields.DayOrTime)."""

from datetime import date, datetime, time, timedelta, timezone

from topics.decision import Rejection

_LAST_ZONE = timezone(timedelta(hours=-12))  # where a day ends last
_DAY = timedelta(hours=25)  # as long as a day gets, where clocks go back


def refusal(said: str | None, now: datetime) -> Rejection | None:
    """None where `now` has no objection.

    Past is what is over everywhere on earth: nobody has told us their zone, and many clients name today by its midnight.
    """
    if said is None:
        return None
    try:
        begins = _latest(said)
    except ValueError:
        return Rejection("invalid_input", "there is no such day", "schedule_date")
    if begins <= now - _DAY:
        return Rejection("schedule_in_past", "this day is over, choose a later one", "schedule_date")
    return None


def _latest(said: str) -> datetime:
    """The latest moment that it may mean. Where only its day can be read, that day. Raises ValueError."""
    day = datetime.combine(date.fromisoformat(said[:10]), time(), _LAST_ZONE)
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return day
    return moment if moment.tzinfo else moment.replace(tzinfo=_LAST_ZONE)
