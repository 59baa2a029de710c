"""What happened to users' profiles."""

from datetime import date, datetime

import msgspec

from topics.message import Message
from topics.registry import FOREVER, Topic


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    full_name: str
    born_date: date
    gender: str
    phone: str


class PendingCreated(Message, frozen=True, kw_only=True):
    """expires_at: until when others see `pending_user:<id>`; the profile may be completed later all the same."""

    email: str | None
    expires_at: datetime


class EmailLearned(Message, frozen=True, kw_only=True):
    """The address of a user who is known already."""

    email: str


class ProfileCompleted(Message, frozen=True, kw_only=True):
    """email: as known by then."""

    email: str | None
    profile: Profile
    completed_at: datetime


class ProfileChanged(Message, frozen=True, kw_only=True):
    """profile: as it is now, whole."""

    profile: Profile
    changed_at: datetime


Event = PendingCreated | EmailLearned | ProfileCompleted | ProfileChanged

TOPIC = Topic(
    name="user_events",
    messages=(PendingCreated, EmailLearned, ProfileCompleted, ProfileChanged),
    key="user id",
    producers=("user",),
    consumers=("user",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)
