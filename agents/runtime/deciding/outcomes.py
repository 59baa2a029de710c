"""What the inbox remembers of a command for whoever sends it again: its answer, or the commands that it handed on.

Of those the receivers know the outcome: they get the same messages again, under the same ids, and answer the new asker.
"""

from collections.abc import Sequence

import msgspec

from agents.runtime.arrivals import Arrival
from agents.runtime.sending import letters
from stores.protocol import OutboxRow
from topics import headers
from topics.reply import Reply


class HandedOn(msgspec.Struct, frozen=True, array_like=True):
    """A command as it went out, without the headers that belong to who asked."""

    topic: str
    key: str
    headers: tuple[tuple[str, str], ...]
    body: str


Outcome = Reply | tuple[HandedOn, ...]

_encode = msgspec.json.encode
_decoder: msgspec.json.Decoder[Outcome] = msgspec.json.Decoder(Outcome)


def remembered(answer: Reply | None, handed_on: Sequence[OutboxRow]) -> str | None:
    """The inbox's text; None where nobody will ask."""
    if answer is not None:
        return _encode(answer).decode()
    return _encode([_without_asker(row) for row in handed_on]).decode() if handed_on else None


def read(text: str) -> Outcome:
    return _decoder.decode(text)


def told_again(arrival: Arrival, text: str) -> list[OutboxRow]:
    """What goes out where a command comes again, with the fingerprint of the request that it answers: whoever asked
    another (the same Idempotency-Key, another body) sees so. A refusal in its place would be kept as the outcome of the
    operation, which it is not."""
    outcome = read(text)
    if isinstance(outcome, Reply):
        return [letters.reply(arrival, outcome)]
    return [_for_asker(each, arrival) for each in outcome]


def _without_asker(row: OutboxRow) -> HandedOn:
    named = tuple((name, value.decode()) for name, value in row.named or () if name not in headers.CARRIED_ON)
    return HandedOn(row.target, (row.key or b"").decode(), named, (row.body or b"").decode())


def _for_asker(sent: HandedOn, arrival: Arrival) -> OutboxRow:
    named = [(name, value.encode()) for name, value in sent.headers]
    return letters.kafka_row(sent.topic, sent.key.encode(), [*named, *letters.carried_on(arrival)], sent.body.encode())
