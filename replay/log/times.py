"""Times as an engineer says them."""

from datetime import datetime

from replay.failure import NotUnderstood
from stores.logs.searching import since_of


def moment(name: str, said: str | None, now: datetime) -> datetime | None:
    """`2h` before now, or a time; one without a zone is UTC. name: of the option, for NotUnderstood."""
    if said is None:
        return None
    at = since_of(said, now)
    if at is None:
        raise NotUnderstood(
            f"{name}: {said!r} is neither an age such as 30s, 10m, 2h, 3d nor a time such as 2026-11-26T20:00"
        )
    return at
