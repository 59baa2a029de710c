"""The outcome of a command, kept in the inbox in case it is sent again: its answer, or the commands that it handed on.

Where it handed commands on, their receivers have the answer. They get the same messages again, with the same ids, and answer.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from agents.runtime.arrivals import Arrival
from agents.runtime.sending import letters
from stores.protocol import OutboxRow
from topics.messages import headers
from topics.messages.reply import TOO_LATE, Reply


class HandedOn(msgspec.Struct, frozen=True, array_like=True):
    """A command that was handed on, without the headers that say who asked (CARRIED_ON)."""

    topic: str
    key: str
    headers: tuple[tuple[str, str], ...]
    body: str


Outcome = Reply | tuple[HandedOn, ...]

_encode = msgspec.json.encode
_decoder: msgspec.json.Decoder[Outcome] = msgspec.json.Decoder(Outcome)


def remembered(answer: Reply | None, handed_on: Sequence[OutboxRow]) -> str | None:
    """The text for the inbox. None if there is neither an answer nor a command that was handed on."""
    if answer is not None:
        return _encode(answer).decode()
    return _encode([_without_asker(row) for row in handed_on]).decode() if handed_on else None


def read(text: str) -> Outcome:
    return _decoder.decode(text)


def stands(text: str) -> bool:
    """Whether the command took effect or was refused. Else another attempt is free to."""
    outcome = read(text)
    return not isinstance(outcome, Reply) or outcome.code not in TOO_LATE


def told_again(arrival: Arrival, text: str) -> list[OutboxRow]:
    """Rows that answer a command that came again. text: of the inbox.

    The answer has the fingerprint of the first request. A caller that sent another request (same Idempotency-Key, other body)
    can see that. It is not refused here: the refusal would be stored as the outcome of the operation.
    """
    outcome = read(text)
    if isinstance(outcome, Reply):
        asked = arrival.headers[headers.OPERATION]  # another one than the first where this is a later attempt
        return [letters.reply(arrival, replace(outcome, operation_id=asked))]
    return [_for_asker(each, arrival) for each in outcome]


def _without_asker(row: OutboxRow) -> HandedOn:
    named = tuple((name, value.decode()) for name, value in row.named or () if name not in headers.CARRIED_ON)
    return HandedOn(row.target, (row.key or b"").decode(), named, (row.body or b"").decode())


def _for_asker(sent: HandedOn, arrival: Arrival) -> OutboxRow:
    named = [(name, value.encode()) for name, value in sent.headers]
    return letters.kafka_row(sent.topic, sent.key.encode(), [*named, *letters.carried_on(arrival)], sent.body.encode())
