"""The messages of flows as spans, with the ids that the processes give them when they tell of them (stores/tracing.py)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from replay.log.flow import Flow
from replay.log.message import Message
from stores.tracing import Publishing, Span, of_publishing
from topics.messages import headers


def spans(flows: Sequence[Flow]) -> list[Span]:
    """One a message: from when it was appended until the last message that it led to."""
    return [_span(message, last) for flow in flows for message, last in _ends(flow.messages)]


def _ends(messages: Sequence[Message]) -> list[tuple[Message, datetime]]:
    last: dict[str, datetime] = {}
    for each in messages:
        cause = each.headers.get(headers.CAUSATION, "")
        last[cause] = max(last.get(cause, each.logged.at), each.logged.at)
    return [(each, max(each.logged.at, last.get(each.id, each.logged.at))) for each in messages]


def _span(message: Message, ended: datetime) -> Span:
    found = _found(message.headers, message.id)
    about: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.destination.name": message.logged.topic,
        "messaging.destination.partition.id": str(message.logged.partition),
        "messaging.kafka.offset": message.logged.offset,
        "messaging.message.id": message.id,
        "lezzet.correlation_id": message.correlation,
    }
    name = f"{found.again} {message.type or message.logged.topic}".strip()
    began = _nanoseconds(message.logged.at)
    return Span(name, "producer", found.place, found.parent, began, _nanoseconds(ended), about, failed=message.dead)


def _found(named: Mapping[str, str], message_id: str) -> Publishing:
    """Trace and span of the message. Its flow may have been marked as not to be recorded: the mark is passed over, since
    somebody asks for the spans now."""
    found = of_publishing(named, message_id)
    if found is None:
        unmarked = {name: value for name, value in named.items() if name != headers.TRACEPARENT}
        found = of_publishing(unmarked, message_id)
    assert found is not None, "without a trace context everything is recorded"
    return found


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1_000
