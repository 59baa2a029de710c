"""Commands to photos, and to the frames of meals and restaurants. Only the owner of the restaurant may add one. All but
AddPhoto are the domain's own."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from topics.contracts.photo_events import PhotoFile, Reason, Subject
from topics.messages import ids
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Id
from topics.values.pictures import UploadId


class AddPhoto(Message, frozen=True, kw_only=True):
    """upload: names the bytes in quarantine. restaurant_id: the restaurant itself, or the one on whose menu the meal is."""

    upload: UploadId
    subject: Subject
    subject_id: Id
    restaurant_id: Id


class RecordAccepted(Message, frozen=True, kw_only=True):
    """Of the check: the photo is fine, and its renditions are stored. See PhotoAccepted."""

    width: int
    height: int
    files: Annotated[tuple[PhotoFile, ...], Meta(max_length=6)]


class RecordRefused(Message, frozen=True, kw_only=True):
    """Of the check: the photo cannot be shown."""

    reason: Reason


class ShowInFrame(Message, frozen=True, kw_only=True):
    """To a frame: this photo was accepted. owner_id: who uploaded it, at added_at; the latest upload is shown."""

    owner_id: Id
    photo_id: Id
    subject: Subject
    subject_id: Id
    added_at: datetime


class RemoveFrame(Message, frozen=True, kw_only=True):
    """To a frame: what it is of is gone."""


class RetirePhoto(Message, frozen=True, kw_only=True):
    """The photo's frame does not show it. Who still has its address may read it for a while."""


class DropPhoto(Message, frozen=True, kw_only=True):
    """Of a timer: that while is over."""


def photo_of(upload: str) -> str:
    """Id of the photo that an upload becomes."""
    return ids.derive(upload, "photo")


Command = AddPhoto | RecordAccepted | RecordRefused | ShowInFrame | RemoveFrame | RetirePhoto | DropPhoto

TOPIC = Topic(
    name="photo_commands",
    messages=(AddPhoto, RecordAccepted, RecordRefused, ShowInFrame, RemoveFrame, RetirePhoto, DropPhoto),
    key="photo id, or frame",
    producers=("edge", "photo"),
    consumers=("photo",),
    append_time=True,
)
