"""Frames: which photo a meal or a restaurant shows. Of several uploads the latest one, whichever is checked first."""

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from agents.photo.picture import Frame
from topics.contracts.photo_commands import ShowInFrame
from topics.contracts.photo_events import Event, FrameRemoved, PhotoShown, PhotoSuperseded
from topics.deciding.decision import Decision, accept


def show(command: ShowInFrame, frame: Frame) -> Decision[Event]:
    if command.photo_id == frame.photo_id:
        return accept()
    if frame.since is not None and command.added_at < frame.since:
        return accept(PhotoSuperseded(photo_id=command.photo_id))
    shown = PhotoShown(
        owner_id=command.owner_id,
        photo_id=command.photo_id,
        subject=command.subject,
        subject_id=command.subject_id,
        added_at=command.added_at,
    )
    return accept(*_superseded(frame), shown)


def remove(frame: Frame, now: datetime) -> Decision[Event]:
    return accept(*_superseded(frame), FrameRemoved(removed_at=now))


def _superseded(frame: Frame) -> tuple[PhotoSuperseded, ...]:
    return () if frame.photo_id is None else (PhotoSuperseded(photo_id=frame.photo_id),)


def evolve(frame: Frame, event: PhotoShown | PhotoSuperseded | FrameRemoved) -> Frame:
    match event:
        case PhotoShown():
            return Frame(photo_id=event.photo_id, since=event.added_at)
        case PhotoSuperseded():
            return replace(frame, photo_id=None) if event.photo_id == frame.photo_id else frame
        case FrameRemoved():
            return Frame(since=event.removed_at)
        case _:
            assert_never(event)
