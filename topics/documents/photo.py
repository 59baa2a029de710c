"""Documents of photos, and how other documents name one."""

from datetime import datetime
from typing import Literal

import msgspec

from topics.contracts.photo_events import PhotoFile, Subject

PHOTOS = "/photos/"
"""Paths of photos begin with it. Documents name a photo by its path, since they outlive the edge's address; what leaves for a
client has the address before it."""


def path_of(photo_id: str) -> str:
    return PHOTOS + photo_id


def is_same(said: str, path: str) -> bool:
    """Whether a client that says this URL means the photo that is shown already: it sends back what it was given."""
    return path.startswith(PHOTOS) and said.partition("?")[0].endswith(path)


class PhotoStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an upload, for its owner. image_url: where the photo is once it is accepted. reason: of a refusal, a code;
    detail: the same as a sentence. width, height: of the picture as it came."""

    id: str
    owner_id: str
    subject: Subject
    subject_id: str
    status: Literal["pending", "accepted", "refused"]
    reason: str | None = None
    detail: str | None = None
    image_url: str
    width: int | None = None
    height: int | None = None
    created_at: datetime
    updated_at: datetime


class Photo(PhotoStatus, frozen=True, kw_only=True):
    """View `photo`, by photo id. files: of an accepted one."""

    files: tuple[PhotoFile, ...] = ()
