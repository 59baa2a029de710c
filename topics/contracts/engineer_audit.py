"""Who has looked at personal data with an engineer's command, published or redriven messages by one, or changed something on a
page of the console, and when. The key is who it was. Nobody of ours reads it.

Engineers' commands mask personal fields (topics/personal.py). `--reveal` shows them, after such a message stands here.
"""

from datetime import datetime

import msgspec

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic


class PersonalDataRevealed(Message, frozen=True, kw_only=True):
    """who: the user of the operating system, and the host, as `ayse@host`. command: of `./lezzet`, e.g. `trace`. arguments:
    what was said to it, e.g. `id=…`, without personal data and secrets."""

    who: str
    at: datetime
    command: str
    arguments: tuple[str, ...] = ()


class CommandGiven(Message, frozen=True, kw_only=True):
    """A command that changes something was given. who, at: as above. command: `dlq redrive`, or `console` for one that a page
    of the console gave. arguments: what was said to it, of the console's the command line; without personal data and
    secrets."""

    who: str
    at: datetime
    command: str
    arguments: tuple[str, ...] = ()


class ToPublish(msgspec.Struct, frozen=True, kw_only=True):
    """One message, without its body. key: without personal data; None where it has none."""

    id: str
    key: str | None = None


class MessagesPublished(Message, frozen=True, kw_only=True):
    """`./lezzet publish` was told to send these messages. It stands here before any of them is sent. who, at: as above. topic:
    where they go. count: how many the command sends. messages: some of them; of many, the others follow."""

    who: str
    at: datetime
    topic: str
    count: int
    messages: tuple[ToPublish, ...]


TOPIC = Topic(
    name="engineer_audit",
    messages=(PersonalDataRevealed, CommandGiven, MessagesPublished),
    key="who it was",
    producers=("engineers",),
    consumers=(),
    retention=FOREVER,
    append_time=True,
)
