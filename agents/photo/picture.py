"""The state of the photo domain's aggregates: of a photo, and of the frame of a meal or a restaurant."""

from datetime import datetime
from typing import Literal

import msgspec

from topics.contracts.photo_events import PhotoFile, Subject


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """upload: names its bytes in quarantine. seat: while it waits. files: of an accepted one, until it is dropped."""

    owner_id: str
    subject: Subject
    subject_id: str
    upload: str
    added_at: datetime
    seat: str | None
    status: Literal["pending", "accepted", "refused", "dropped"] = "pending"
    files: tuple[PhotoFile, ...] = ()


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """photo_id: what it shows. since: a photo that was uploaded before that is not shown any more: a later one is, or was, or
    what the frame is of was gone then."""

    photo_id: str | None = None
    since: datetime | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """picture: of a photo's aggregate, None before it was added. frame: of a frame's."""

    picture: Picture | None = None
    frame: Frame = Frame()
