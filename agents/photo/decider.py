"""What becomes of photos. Only the owner of the restaurant may add one; to everybody else its meals and it itself answer as if
they did not exist."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from agents.photo import frames
from agents.photo.facts import MEALS, Facts
from agents.photo.limits import STAYS, TOLD, WAITING
from agents.photo.picture import Kept, Picture
from agents.photo.projection import waiting
from topics.contracts.photo_commands import (
    AddPhoto,
    Command,
    DropPhoto,
    RecordAccepted,
    RecordRefused,
    RemoveFrame,
    RetirePhoto,
    ShowInFrame,
)
from topics.contracts.photo_events import (
    Event,
    FrameRemoved,
    PhotoAccepted,
    PhotoAdded,
    PhotoDropped,
    PhotoRefused,
    PhotoShown,
    PhotoSuperseded,
)
from topics.copies import RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision, Timer, accept, reject
from topics.deciding.seats import Seat

DROP = "drop"
"""Name of the timer after which a photo is dropped."""


def decide(command: Command, kept: Kept, facts: Facts, context: Context) -> Decision[Event]:
    match command:
        case AddPhoto():
            return _add(command, kept, facts, context)
        case RecordAccepted() | RecordRefused():
            return _record(command, kept.picture, context)
        case RetirePhoto():
            return accept(timers=(Timer(DROP, context.now + STAYS, DropPhoto()),))
        case DropPhoto():
            dropped = kept.picture is None or kept.picture.status == "dropped"
            return accept() if dropped else accept(PhotoDropped())
        case ShowInFrame():
            return frames.show(command, kept.frame)
        case RemoveFrame():
            return frames.remove(kept.frame, context.now)
        case _:
            assert_never(command)


def _add(command: AddPhoto, kept: Kept, facts: Facts, context: Context) -> Decision[Event]:
    if not _is_on_menu(command, facts) or not _owns(command, facts, context):
        return reject("not_found", f"you have no such {command.subject}")
    assert context.caller is not None
    if kept.picture is not None:
        return reject("photo_exists", "a photo with this id was uploaded already")
    seat = WAITING.free(context.caller, context)
    if seat is None:
        return reject("too_many_photos_wait", f"{WAITING.most} of your photos wait to be checked, try again later")
    added = PhotoAdded(
        owner_id=context.caller,
        subject=command.subject,
        subject_id=command.subject_id,
        restaurant_id=command.restaurant_id,
        upload=command.upload,
        added_at=context.now,
        seat=seat[1],
    )
    return accept(added, answer=waiting(context.aggregate_id, added), takes=(seat,))


def _is_on_menu(command: AddPhoto, facts: Facts) -> bool:
    """A restaurant is where it says; of a meal the edge has looked up whose it is."""
    if command.subject == "restaurant":
        return command.subject_id == command.restaurant_id
    meal = facts.meals.get(command.subject_id)
    return meal is not None and meal.restaurant_id == command.restaurant_id


def _owns(command: AddPhoto, facts: Facts, context: Context) -> bool:
    ownership = facts.restaurants.get(command.restaurant_id)
    return ownership is not None and context.caller is not None and ownership.owner_id == context.caller


def _record(command: RecordAccepted | RecordRefused, picture: Picture | None, context: Context) -> Decision[Event]:
    """The outcome of the check; only the first one counts."""
    if picture is None or picture.status != "pending":
        return accept()
    seats = () if picture.seat is None else ((WAITING.kind, picture.seat),)
    if isinstance(command, RecordAccepted):
        accepted = PhotoAccepted(upload=picture.upload, width=command.width, height=command.height, files=command.files)
        return accept(accepted, releases=seats)
    forget = Timer(DROP, context.now + TOLD, DropPhoto())
    return accept(PhotoRefused(upload=picture.upload, reason=command.reason), releases=seats, timers=(forget,))


def needs(command: Command, kept: Kept) -> Iterable[tuple[str, str]]:
    if isinstance(command, AddPhoto):
        yield RESTAURANTS.name, command.restaurant_id
        if command.subject == "meal":
            yield MEALS.name, command.subject_id


def claims(command: Command, photo_id: str, caller: str | None) -> Iterable[Seat]:
    """A place among those of its owner that wait."""
    return WAITING.of(caller) if isinstance(command, AddPhoto) and caller is not None else ()


def evolve(kept: Kept, event: Event) -> Kept:
    match event:
        case PhotoAdded():
            return replace(kept, picture=_added(event))
        case PhotoAccepted():
            return _changed(kept, status="accepted", seat=None, files=event.files)
        case PhotoRefused():
            return _changed(kept, status="refused", seat=None)
        case PhotoDropped():
            return _changed(kept, status="dropped", files=())
        case PhotoShown() | PhotoSuperseded() | FrameRemoved():
            return replace(kept, frame=frames.evolve(kept.frame, event))
        case _:
            assert_never(event)


def _added(event: PhotoAdded) -> Picture:
    return Picture(
        owner_id=event.owner_id,
        subject=event.subject,
        subject_id=event.subject_id,
        upload=event.upload,
        added_at=event.added_at,
        seat=event.seat,
    )


def _changed(kept: Kept, **fields: object) -> Kept:
    return replace(kept, picture=kept.picture and replace(kept.picture, **fields))


DECIDER = Decider[Command, Event, Kept, Facts](
    state=Kept,
    decide=decide,
    evolve=evolve,
    facts=Facts,
    fact_tables=(RESTAURANTS, MEALS),
    needs=needs,
    claims=claims,
)
