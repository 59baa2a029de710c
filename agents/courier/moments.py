"""When an act of a courier was done. What an app says late has its own time, so acts are put in order by it."""

from datetime import datetime

from topics.deciding.decision import Rejection
from topics.values.moments import AHEAD, between, fault


def moment(said: datetime | None, before: datetime, now: datetime) -> datetime | Rejection:
    """The time that counts, UTC. before: of the act that has to come first; it is never before that, else never after now. A
    clock may be wrong by AHEAD."""
    if said is None:
        return max(before, now)
    why = fault(said, now) or ("lies before what has to come first" if said < before - AHEAD else None)
    if why is not None:
        return Rejection("invalid_input", why, "at")
    return between(before, said, now)
