"""Public: a user account exists. Published by auth, and by other systems, which may send no headers."""

from topics.fields import Email, Id
from topics.message import Message
from topics.registry import Topic


class UserCreated(Message, frozen=True, kw_only=True):
    """We publish both ids, alike. Accepted: either of them alone (both forms are in the field)."""

    id: Id | None = None
    user_id: Id | None = None
    email: Email | None = None


TOPIC = Topic(
    name="user_created",
    messages=(UserCreated,),
    key="user id",
    producers=("auth", "other systems"),
    consumers=("user", "notification"),
    untyped=lambda body: "UserCreated",
)
