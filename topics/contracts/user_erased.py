"""Public to read: a user's account is erased. Whoever keeps something of this user removes it.

Kept for ever, since it holds no personal data: a store that is restored from an older backup reads it again and erases again.
"""

from datetime import datetime

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import Id


class UserErased(Message, frozen=True, kw_only=True):
    """erased_at: what was asked for before it, a mail for example, is not done any more."""

    user_id: Id
    erased_at: datetime


TOPIC = Topic(
    name="user_erased",
    messages=(UserErased,),
    key="user id",
    producers=("auth",),
    consumers=("user", "address", "basket", "notification", "courier"),
    retention=FOREVER,
    untyped=lambda body: "UserErased",
)
