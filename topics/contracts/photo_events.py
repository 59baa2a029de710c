"""What happened to photos. The bytes are in MongoDB: uploads in quarantine, and what is shown by its hash.

Two kinds of aggregates: a photo, by its id; and what one meal or restaurant shows, its frame, by frame().
"""

from datetime import datetime
from typing import Literal

import msgspec

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.values.pictures import Size

Subject = Literal["meal", "restaurant"]
"""What a photo may be of."""

Reason = Literal[
    "unsupported", "unreadable", "too_many_pixels", "too_small", "too_much_memory", "took_too_long", "upload_gone"
]
"""Why a photo is refused."""


class PhotoFile(msgspec.Struct, frozen=True, kw_only=True):
    """One rendition of a photo. sha256: of its bytes, in hex, which is also the name under which they are stored."""

    size: Size
    type: Literal["image/webp", "image/jpeg"]
    sha256: str
    bytes: int
    width: int
    height: int


class PhotoAdded(Message, frozen=True, kw_only=True):
    """Its bytes wait to be checked. seat: its number among those of its owner that wait (agents/photo/limits.py)."""

    owner_id: str
    subject: Subject
    subject_id: str
    restaurant_id: str
    upload: str
    added_at: datetime
    seat: str


class PhotoAccepted(Message, frozen=True, kw_only=True):
    """upload: its bytes are not needed any more. files: its renditions. width, height: pixels of the picture as it came, turned
    upright."""

    upload: str
    width: int
    height: int
    files: tuple[PhotoFile, ...]


class PhotoRefused(Message, frozen=True, kw_only=True):
    """upload: its bytes are not needed any more."""

    upload: str
    reason: Reason


class PhotoDropped(Message, frozen=True, kw_only=True):
    """Nobody is shown it any more, and no file is kept for it."""


class PhotoShown(Message, frozen=True, kw_only=True):
    """Of a frame. It shows this photo from now on. owner_id: who uploaded it, at added_at."""

    owner_id: str
    photo_id: str
    subject: Subject
    subject_id: str
    added_at: datetime


class PhotoSuperseded(Message, frozen=True, kw_only=True):
    """Of a frame. It does not show this photo any more, or never did, since a later upload was shown already."""

    photo_id: str


class FrameRemoved(Message, frozen=True, kw_only=True):
    """Of a frame. What it was of is gone. It may come back; photos that were uploaded before this are not shown then."""

    removed_at: datetime


Event = PhotoAdded | PhotoAccepted | PhotoRefused | PhotoDropped | PhotoShown | PhotoSuperseded | FrameRemoved


def frame(subject: Subject, subject_id: str) -> str:
    """Aggregate id of what a meal or a restaurant shows."""
    return f"{subject}:{subject_id}"


TOPIC = Topic(
    name="photo_events",
    messages=(PhotoAdded, PhotoAccepted, PhotoRefused, PhotoDropped, PhotoShown, PhotoSuperseded, FrameRemoved),
    key="photo id, or frame",
    producers=("photo",),
    consumers=("photo",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
