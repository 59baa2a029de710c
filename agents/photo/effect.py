"""Has an uploaded photo checked and its renditions stored; and takes it out of quarantine once that is recorded.

A check that is repeated stores the same bytes under the same names, so it may be.
"""

from collections.abc import Iterable
from typing import Protocol

from agents.photo.workshop import Made
from topics.contracts import photo_commands
from topics.contracts.photo_commands import RecordAccepted, RecordRefused
from topics.contracts.photo_events import PhotoAccepted, PhotoAdded, PhotoRefused, Reason
from topics.deciding.decision import Send
from topics.messages.event import EventMeta


class Checks(Protocol):
    async def check(self, picture: bytes) -> Made | Reason: ...


class Stores(Protocol):
    """See stores.mongo.photos.Photos. Raises Unavailable."""

    async def uploaded(self, upload_id: str) -> bytes | None: ...
    async def drop_upload(self, upload_id: str) -> None: ...
    async def keep(self, sha256: str, body: bytes, photo_id: str) -> None: ...


class Inspector:
    def __init__(self, photos: Stores, workshop: Checks) -> None:
        self._photos = photos
        self._workshop = workshop

    async def perform(self, event: PhotoAdded | PhotoAccepted | PhotoRefused, meta: EventMeta) -> Iterable[Send]:
        """The outcome, as a command to the same photo. Raises as agents.runtime.reading.performing.Perform has it."""
        if not isinstance(event, PhotoAdded):
            await self._photos.drop_upload(event.upload)
            return ()
        return (Send(photo_commands.TOPIC, meta.aggregate_id, await self._outcome(event.upload, meta.aggregate_id)),)

    async def _outcome(self, upload: str, photo_id: str) -> RecordAccepted | RecordRefused:
        picture = await self._photos.uploaded(upload)
        if picture is None:
            return RecordRefused(reason="upload_gone")
        made = await self._workshop.check(picture)
        if not isinstance(made, Made):
            return RecordRefused(reason=made)
        for rendition in made.renditions:
            await self._photos.keep(rendition.file.sha256, rendition.body, photo_id)
        return RecordAccepted(
            width=made.width, height=made.height, files=tuple(rendition.file for rendition in made.renditions)
        )
