"""What the edge reads of photos: where their bytes are, and for their owner what became of them."""

from typing import assert_never

from msgspec.structs import asdict, replace

from agents.photo.reasons import SAYS
from topics.contracts import photo_events
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
from topics.deciding.projection import Shown, View
from topics.documents.photo import Photo, PhotoStatus, path_of
from topics.messages.event import EventMeta


def waiting(photo_id: str, event: PhotoAdded) -> PhotoStatus:
    """The document's beginning, and the answer to the owner."""
    return PhotoStatus(
        id=photo_id,
        owner_id=event.owner_id,
        subject=event.subject,
        subject_id=event.subject_id,
        status="pending",
        image_url=path_of(photo_id),
        created_at=event.added_at,
        updated_at=event.added_at,
    )


def show(before: Photo | None, event: Event, meta: EventMeta) -> Shown[Photo]:
    match event:
        case PhotoAdded():
            return Shown(Photo(**asdict(waiting(meta.aggregate_id, event))))
        case PhotoAccepted():
            accepted = {"width": event.width, "height": event.height, "files": event.files}
            return Shown(before and replace(before, status="accepted", updated_at=meta.at, **accepted))
        case PhotoRefused(reason=reason):
            why = {"reason": reason, "detail": SAYS[reason]}
            return Shown(before and replace(before, status="refused", updated_at=meta.at, **why))
        case PhotoDropped():
            return Shown(None)
        case PhotoShown() | PhotoSuperseded() | FrameRemoved():
            return Shown(before)
        case _:
            assert_never(event)


PHOTO = View[Photo, Event](name="photo", topic=photo_events.TOPIC, document=Photo, show=show)
