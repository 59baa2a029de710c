"""One flow as a page: its messages in order of time, indented by what led to what, with the milliseconds between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from replay.log.message import Message, in_time, printed, shown_key, shown_reason, stamp
from topics.messages import headers

_BODY = " " * 16
"""Before a body, so that it stands below the topic of its message."""
_CUT = len("… (9,999,999 bytes)")


@dataclass(frozen=True)
class Flow:
    """messages: in order of time, what led to another before it where the times are the same."""

    correlation: str
    messages: Sequence[Message]
    depths: Mapping[str, int]

    def lines(self, width: int | None, reveal: bool = False) -> list[str]:
        """Two lines a message: what it is, and its body. width: characters of a body's line. None: as many as it has."""
        first, last = self.messages[0].logged.at, self.messages[-1].logged.at
        count = len(self.messages)
        took = round((last - first).total_seconds() * 1000)
        title = f"flow {printed(self.correlation)}  {stamp(first)}  {count} message{'s'[: count > 1]} in {took:,} ms"
        room = max(len(self._place(message)) for message in self.messages)
        most = None if width is None else max(1, width - len(_BODY) - _CUT)
        return [
            title,
            *(
                line for message in self.messages
                for line in (self._line(message, room, reveal), f"{_BODY}{message.brief(reveal, most)}")
            ),
        ]  # fmt: skip

    def data(self, reveal: bool = False) -> dict[str, Any]:
        return {
            "correlation": self.correlation,
            "messages": [{"ms": self._ms(m), "depth": self._depth(m), **m.data(reveal)} for m in self.messages],
        }

    def _ms(self, message: Message) -> int:
        return round((message.logged.at - self.messages[0].logged.at).total_seconds() * 1000)

    def _depth(self, message: Message) -> int:
        """A dead letter has the id of the message that it was, and stands below it."""
        return self.depths[message.id] + message.dead

    def _place(self, message: Message) -> str:
        return f"{'  ' * self._depth(message)}{message.logged.topic} {message.where}"

    def _line(self, message: Message, room: int, reveal: bool) -> str:
        said = printed(message.type or "(no type)")
        version = message.headers.get(headers.SEQUENCE)
        parts = [f"  {f'+{self._ms(message):,} ms':>12}  {self._place(message):{room}}  {said}"]
        if version:
            parts.append(f"v{printed(version)}")
        parts += [f"key={printed(shown_key(message.key, reveal=reveal))}", f"id={printed(message.id)}"]
        if message.dead:
            parts.append(f"DEAD: {printed(shown_reason(message.headers[headers.DLQ_REASON], reveal=reveal))}")
        return " ".join(parts)


def flows(messages: Sequence[Message]) -> list[Flow]:
    """One a correlation, the earliest first."""
    by_flow: dict[str, list[Message]] = {}
    for message in in_time(messages):
        by_flow.setdefault(message.correlation, []).append(message)
    return [_flow(correlation, found) for correlation, found in by_flow.items()]


def _flow(correlation: str, messages: Sequence[Message]) -> Flow:
    causes = {message.id: message.headers.get(headers.CAUSATION) for message in messages}
    depths = {message.id: _depth(message.id, causes) for message in messages}
    return Flow(correlation, sorted(messages, key=lambda m: (m.logged.at, depths[m.id])), depths)


def _depth(message_id: str, causes: Mapping[str, str | None]) -> int:
    """How many causes are before it in this flow; causes that go in a circle are somebody's made-up headers."""
    passed = {message_id}
    cause = causes.get(message_id)
    while cause is not None and cause in causes and cause not in passed:
        passed.add(cause)
        cause = causes[cause]
    return len(passed) - 1
