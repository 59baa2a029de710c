"""Commands to the users' profiles. From the edge, and from the domain's own intake of `user_created`."""

from datetime import date

from topics.fields import Email, Name, Phone, Word
from topics.message import Message
from topics.registry import Topic


class CreatePending(Message, frozen=True, kw_only=True):
    """An account exists. May arrive after the profile is complete: topics have no order between them."""

    email: Email | None = None


class CompleteProfile(Message, frozen=True, kw_only=True):
    full_name: Name
    born_date: date
    gender: Word
    phone: Phone


class ChangeProfile(Message, frozen=True, kw_only=True):
    """What is absent stays."""

    full_name: Name | None = None
    born_date: date | None = None
    gender: Word | None = None
    phone: Phone | None = None


Command = CreatePending | CompleteProfile | ChangeProfile

TOPIC = Topic(
    name="user_commands",
    messages=(CreatePending, CompleteProfile, ChangeProfile),
    key="user id",
    producers=("edge", "user"),
    consumers=("user",),
    append_time=True,
)
