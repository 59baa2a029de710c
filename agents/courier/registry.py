"""Who is a courier: a user who said so. They own a unique value, by which an offer finds out whether somebody is one."""

from agents.courier.kept import Kept
from agents.courier.projection import courier
from topics.contracts.courier_commands import RegisterCourier
from topics.contracts.courier_events import CourierErased, CourierRegistered, CourierResigned, Event
from topics.deciding.decision import Context, Decision, accept, reject
from topics.documents import Done

KIND = "courier"
"""Of the unique value, which is the user's id."""

RESIGNED = Done(message="You are no courier any more.")


def register(command: RegisterCourier, kept: Kept, context: Context) -> Decision[Event]:
    if kept.erased or context.caller is None:
        return reject("not_found", "there is no such user")
    before = kept.courier
    since = context.now if before is None else before.since
    registered = CourierRegistered(user_id=context.caller, name=command.name, at=since)
    answer = courier(registered)
    return accept(answer=answer) if answer == before else accept(registered, answer=answer)


def resign(kept: Kept) -> Decision[Event]:
    """Twice is fine."""
    if kept.courier is None:
        return accept(answer=RESIGNED)
    return accept(CourierResigned(), answer=RESIGNED, releases=_claim(kept))


def erase(kept: Kept) -> Decision[Event]:
    if kept.erased:
        return accept()
    return accept(CourierErased(), releases=_claim(kept))


def _claim(kept: Kept) -> tuple[tuple[str, str], ...]:
    return () if kept.courier is None else ((KIND, kept.courier.id),)
