"""A photo that was accepted becomes the image of its meal."""

from collections.abc import Iterable

from topics.contracts import catalog_commands, photo_events
from topics.contracts.catalog_commands import SetPhoto
from topics.contracts.photo_events import PhotoShown
from topics.deciding.decision import Origin, Send


def set_photo(message: photo_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, PhotoShown) and message.subject == "meal":
        yield Send(catalog_commands.TOPIC, message.subject_id, SetPhoto(photo_id=message.photo_id))
