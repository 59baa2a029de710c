"""A message as a row of a page: short, whatever its size is. The record itself is let go."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from replay import links
from replay.console.frame import hue, of_key, plain
from replay.log.message import Message, shown_key, stamp
from stores.kafka.log import Logged
from topics.messages import headers


@dataclass(frozen=True, slots=True)
class Row:
    """key, brief: without what is secret or personal. of_key: see frame.of_key."""

    at: datetime
    topic: str
    partition: int
    offset: int
    key: str | None
    type: str | None
    id: str
    correlation: str
    causation: str | None
    version: str | None
    dead: str | None
    size: int
    brief: str
    of_key: str | None

    @classmethod
    def of(cls, message: Message) -> "Row":
        logged, said = message.logged, message.headers
        return cls(
            logged.at, logged.topic, logged.partition, logged.offset, shown_key(message.key), message.type, message.id,
            message.correlation, said.get(headers.CAUSATION), said.get(headers.SEQUENCE), said.get(headers.DLQ_REASON),
            len(logged.body or b""), message.brief(), of_key(message.key),
        )  # fmt: skip

    @classmethod
    def of_record(cls, record: Logged) -> "Row":
        return cls.of(Message(record))

    @property
    def where(self) -> str:
        return f"{self.partition}:{self.offset}"

    @property
    def page(self) -> str:
        return links.path("messages", self.topic, self.partition, self.offset)

    def told(self) -> dict[str, Any]:
        """For static/console.js, which puts each text where the template of a row has its name. All are printable."""
        said = {name: plain(str(value)) for name, value in asdict(self).items() if value is not None}
        return {
            **said,
            "at": stamp(self.at),
            "where": self.where,
            "hue": hue(self.topic),
            "page": self.page,
            "flow": links.path("flow", self.id),
            "of_key": self.of_key or links.path("flow", self.id),
        }
