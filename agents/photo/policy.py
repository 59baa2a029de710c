"""An accepted photo is shown in its frame, and so by the meal or the restaurant; what a frame does not show any more is
retired. A meal that is gone shows none."""

from collections.abc import Iterable

from agents.photo.picture import Kept
from topics.contracts import catalog_commands, catalog_events, photo_commands, restaurant_commands
from topics.contracts.catalog_commands import ShowPhoto
from topics.contracts.catalog_events import MealRemoved
from topics.contracts.photo_commands import RemoveFrame, RetirePhoto, ShowInFrame
from topics.contracts.photo_events import Event, PhotoAccepted, PhotoShown, PhotoSuperseded, frame
from topics.contracts.restaurant_commands import SetLogo
from topics.deciding.decision import Origin, Send
from topics.documents.photo import path_of
from topics.messages.event import EventMeta


def react(event: Event, meta: EventMeta, kept: Kept) -> Iterable[Send]:
    picture = kept.picture
    match event:
        case PhotoAccepted() if picture is not None:
            show = ShowInFrame(
                owner_id=picture.owner_id,
                photo_id=meta.aggregate_id,
                subject=picture.subject,
                subject_id=picture.subject_id,
                added_at=picture.added_at,
            )
            yield Send(photo_commands.TOPIC, frame(picture.subject, picture.subject_id), show)
        case PhotoShown(subject="meal"):
            meal = ShowPhoto(owner_id=event.owner_id, photo_id=event.photo_id, image_url=path_of(event.photo_id))
            yield Send(catalog_commands.TOPIC, event.subject_id, meal)
        case PhotoShown():
            yield Send(restaurant_commands.TOPIC, event.subject_id, SetLogo(photo_id=event.photo_id))
        case PhotoSuperseded(photo_id=photo_id):
            yield Send(photo_commands.TOPIC, photo_id, RetirePhoto())
        case _:
            return


def remove_frame(message: catalog_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, MealRemoved) and origin.aggregate_id is not None:
        yield Send(photo_commands.TOPIC, frame("meal", origin.aggregate_id), RemoveFrame())
