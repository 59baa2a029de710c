"""Quarters of an hour, in which a restaurant may take so many orders and no more."""

from datetime import UTC, date, datetime, timedelta

from topics.deciding import schedule

LENGTH = timedelta(minutes=15)


def slot_of(said: str | None, zone: str, now: datetime) -> datetime | None:
    """Begin, UTC, of the slot for which the order is wanted. said: as in a checkout, None for now. None: for some time of a
    day, so it counts in no slot."""
    asked = now if said is None else schedule.read(said, zone)
    return begin(asked) if isinstance(asked, datetime) else None


def begin(moment: datetime) -> datetime:
    at = moment.astimezone(UTC)
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def day_of(slot: datetime) -> date:
    """Whose orders are counted together."""
    return slot.astimezone(UTC).date()
