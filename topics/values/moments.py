"""When an app says that something was done. It may say so late, where it had no network; and its clock may be wrong."""

from datetime import UTC, datetime, timedelta

AHEAD = timedelta(minutes=1)
"""So far a client's clock may be wrong."""

LATE = timedelta(days=1)
"""What is older is nothing that an app says when it has a network again."""


def fault(said: datetime, now: datetime) -> str | None:
    """Why this cannot be when it was done; None where it can."""
    if said > now + AHEAD:
        return "lies in the future"
    if said < now - LATE:
        return "is more than a day ago"
    return None


def between(earliest: datetime, said: datetime, now: datetime) -> datetime:
    """UTC. The time that counts where `said` lies before the earliest one that can be, or after now."""
    return max(earliest, min(said.astimezone(UTC), now))
