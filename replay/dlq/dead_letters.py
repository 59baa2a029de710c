"""Dead letters as they stand in `<topic>_dlq`, taken apart again, and what became of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from replay.failure import BadArgument, no_such_topic
from replay.log.message import Message, printed, shown_key, shown_reason, stamp
from stores.engineering import Domains
from stores.kafka.log import Logged, LogReader
from stores.protocol import InboxKey
from topics.messages import headers

_SUFFIX = "_dlq"
_DECIDES = ".decide"  # groups of this shape (commands and intake) keep an inbox

State = Literal["waits", "parked", "taken", "gone", "unknown"]
MEANINGS: dict[State, str] = {
    "waits": "without effect so far; `dlq redrive` sends it again",
    "parked": "its key is parked in the domain's store, later messages of the key wait behind it",
    "taken": "it was redriven since then and has been decided",
    "gone": "no longer parked and not in the inbox: dropped, or taken more than 7 days ago",
    "unknown": "refused by a projection or an effect, which keep no inbox",
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """logged: in the dead-letter topic. headers: the original ones. offset, partition: in the original topic, as text."""

    logged: Logged
    headers: tuple[tuple[str, bytes], ...]
    about: dict[str, str]

    @property
    def place(self) -> str:
        return f"{self.logged.partition}:{self.logged.offset}"

    @property
    def topic(self) -> str:
        return self.logged.topic.removesuffix(_SUFFIX)

    @property
    def origin(self) -> str:
        return f"{self.about.get(headers.DLQ_PARTITION, '?')}:{self.about.get(headers.DLQ_OFFSET, '?')}"

    @property
    def inbox_key(self) -> InboxKey:
        return self.about.get(headers.DLQ_SOURCE, ""), self.about.get(headers.DLQ_ID, "")

    @property
    def id(self) -> str:
        return self.inbox_key[1]

    @property
    def key(self) -> str | None:
        return None if self.logged.key is None else self.logged.key.decode(errors="backslashreplace")

    @property
    def type(self) -> str | None:
        return Message(self.logged).type

    @property
    def time(self) -> str:
        """When the message came; of one that nobody has stamped, when the dead letter did. RFC 3339."""
        return self.about.get(headers.DLQ_TIME) or stamp(self.logged.at)

    @property
    def reason(self) -> str:
        return self.about.get(headers.DLQ_REASON, "")

    @property
    def group(self) -> str:
        return self.about.get(headers.DLQ_GROUP, "")

    @property
    def domain(self) -> str:
        return self.group.partition(".")[0]

    @property
    def parked(self) -> bool:
        return self.about.get(headers.DLQ_PARKED) == "1"

    def data(self, state: State, *, reveal: bool = False) -> dict[str, Any]:
        return {
            "topic": self.topic, "place": self.place, "time": self.about.get(headers.DLQ_TIME), "origin": self.origin,
            "key": shown_key(self.key, reveal=reveal), "type": self.type, "id": self.id, "source": self.inbox_key[0],
            "group": self.group, "parked": self.parked, "reason": shown_reason(self.reason, reveal=reveal),
            "bytes": len(self.logged.body or b""), "state": state,
        }  # fmt: skip

    def line(self, state: State, *, reveal: bool = False) -> str:
        key = printed(shown_key(self.key, reveal=reveal))
        why = printed(shown_reason(self.reason, reveal=reveal))
        return "  ".join(
            (self.place, self.time, state, f"key={key}", printed(self.type), f"id={printed(self.id)}",
             f"{len(self.logged.body or b''):,} bytes", f"by {printed(self.group)}", why),
        )  # fmt: skip


def taken_apart(record: Logged) -> DeadLetter:
    """The last `dlq_reason` begins what the runtime added: a publisher may have sent such headers itself."""
    names = [name for name, _ in record.headers]
    cut = len(names) - 1 - names[::-1].index(headers.DLQ_REASON) if headers.DLQ_REASON in names else len(names)
    about = {name: value.decode(errors="backslashreplace") for name, value in record.headers[cut:]}
    return DeadLetter(record, record.headers[:cut], about)


def dead_letter_topics(log: LogReader, named: str | None) -> list[str]:
    """Of all topics, or of the named one (its own name or that of its dead letters). Raises BadArgument."""
    there = [topic for topic in log.topics if topic.endswith(_SUFFIX)]
    if named is None:
        return there
    wanted = named if named.endswith(_SUFFIX) else f"{named}{_SUFFIX}"
    if wanted not in there:
        raise no_such_topic(named, [topic.removesuffix(_SUFFIX) for topic in there])
    return [wanted]


async def read(log: LogReader, names: Iterable[str]) -> list[DeadLetter]:
    """In the order of their topics and places."""
    bounds = await log.bounds(log.places(names))
    starts = {place: bound.first for place, bound in bounds.items()}
    ends = {place: bound.end for place, bound in bounds.items()}
    found = [taken_apart(record) async for chunk in log.read(starts, ends) for record in chunk]
    return sorted(found, key=lambda d: (d.logged.topic, d.logged.partition, d.logged.offset))


def chosen(letters: Sequence[DeadLetter], named: str) -> list[DeadLetter]:
    """By id, or by place in the dead-letter topic. Raises BadArgument where there is none."""
    found = [letter for letter in letters if named in (letter.id, letter.place)]
    if not found:
        raise BadArgument(
            f"no dead letter has the id or the place (PARTITION:OFFSET) {named!r}: see `./lezzet dlq list`"
        )
    return found


async def states(letters: Sequence[DeadLetter], domains: Domains) -> list[State]:
    """What became of each, as the domains' stores say it."""
    parked = {(row.domain, row.topic, row.key) for row in await domains.parked_keys()}
    known: dict[str, set[InboxKey]] = {}
    for domain in {letter.domain for letter in letters}:
        asked = [letter.inbox_key for letter in letters if letter.domain == domain]
        known[domain] = await domains.known(domain, asked)
    return [_state(letter, parked, known[letter.domain]) for letter in letters]


def _state(letter: DeadLetter, parked: set[tuple[str, str, str]], known: set[InboxKey]) -> State:
    if letter.inbox_key in known:
        return "taken"
    if letter.parked:
        return "parked" if (letter.domain, letter.topic, letter.key) in parked else "gone"
    return "waits" if letter.group.endswith(_DECIDES) else "unknown"
