"""Public: a user account exists. Published by auth, and by other systems, which may send no headers."""

from topics.messages.message import Message, Undecodable
from topics.messages.topic import Topic
from topics.values.fields import Email, Id


class UserCreated(Message, frozen=True, kw_only=True):
    """We publish both ids, alike. Accepted: either of them alone (both forms are in the field)."""

    id: Id | None = None
    user_id: Id | None = None
    email: Email | None = None


def whose(message: UserCreated) -> str:
    """The user id. Raises Undecodable where there is none, or two that differ."""
    user_id = message.user_id or message.id
    if user_id is None:
        raise Undecodable("user_id", "neither id nor user_id is there")
    if message.id is not None and message.id != user_id:
        raise Undecodable("user_id", "id and user_id contradict each other")
    return user_id


TOPIC = Topic(
    name="user_created",
    messages=(UserCreated,),
    key="user id",
    producers=("auth", "other systems"),
    consumers=("user", "notification"),
    append_time=True,
    untyped=lambda body: "UserCreated",
)
