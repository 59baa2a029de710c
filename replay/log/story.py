"""What happened to the messages of some flows, in words, and why it goes no further: from the messages, and from what the
stores say of them. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import msgspec

from replay.log import secrecy
from replay.log.message import Message, in_time, printed, stamp
from stores.engineering import Entered, ParkedKey
from stores.kafka.log import Bounds, Place
from stores.protocol import InboxKey
from topics.messages import headers

LONGEST = 200
"""Sentences."""

_EVENTS, _COMMANDS = "_events", "_commands"
_EFFECT = ".effect"


class Reader(NamedTuple):
    """How far a group has come with a partition. next: the first offset that it has not done."""

    group: str
    place: Place
    next: int


@dataclass(frozen=True)
class Known:
    """What is known beside the messages. entered: by domain and message. withdrawn: ids of commands that the edge has taken
    back. away: group → the server that it needs and that does not answer."""

    readers: Sequence[Reader] = ()
    bounds: Mapping[Place, Bounds] = field(default_factory=dict[Place, Bounds])
    parked: Sequence[ParkedKey] = ()
    entered: Mapping[tuple[str, InboxKey], Entered] = field(default_factory=dict[tuple[str, InboxKey], Entered])
    withdrawn: Set[str] = frozenset()
    away: Mapping[str, str] = field(default_factory=dict[str, str])


class Cause(NamedTuple):
    """Why something goes no further, or did nothing. kind: parked, lag, stopped, away, expired, withdrawn, duplicate, refused,
    restaurant, payment, reservation, time, courier. message: its id."""

    kind: str
    message: str
    says: str


# The last event of an aggregate → what it waits for, with fields of the event. The first field must be there.
_WAITS = {
    "OrderDrafted": ("reservation", "its slot or its coupon is not reserved yet", None),
    "OrderPlaced": ("payment", "its payment is not confirmed; it is given up at {pay_by}", "pay_by"),
    "PaymentChallenged": ("payment", "the customer's bank asks the customer since {at}", "at"),
    "OrderScheduled": ("time", "it comes to the kitchen at {kitchen_at}", "kitchen_at"),
    "OrderSentToKitchen": (
        "restaurant",
        "the restaurant has not answered; the order expires at {expires_at}",
        "expires_at",
    ),
    "KitchenReminded": (
        "restaurant",
        "the restaurant has not answered; the order expires at {expires_at}",
        "expires_at",
    ),
    "OrderAccepted": ("restaurant", "it is cooked, and to be ready at {ready_at}", "ready_at"),
    "OrderReady": ("courier", "it waits to be fetched", None),
    "AuthorizationRequested": ("payment", "the payment provider has not answered", None),
    "AuthorizationChallenged": ("payment", "the customer's bank asks the customer", None),
}
_REFUSES = {"OrderRefused": ("code", "detail"), "OrderRejected": ("by", "reason"), "OrderCancelled": ("by", "reason"),
            "OrderExpired": ("by", "reason"), "PaymentRefused": ("code", "detail"), "AuthorizationDeclined": ("code", "detail"),
            "MailFailed": ("reason", "reason")}  # fmt: skip


def domain_of(topic: str) -> str:
    return topic.rsplit("_", 1)[0]


def inbox_key(message: Message) -> InboxKey:
    """Under which the inbox of the domain that decides it has it."""
    source = message.headers.get(headers.DLQ_SOURCE) or message.headers.get(headers.SOURCE)
    return source or f"kafka/{message.logged.topic}", message.id


def told(messages: Iterable[Message], known: Known) -> list[str]:
    """Sentences in order of time: who asked, what was decided on which facts, what was refused and why."""
    ordered = in_time([*messages])
    causes = _by_cause(ordered)
    found = list[str]()
    for message in ordered:
        if message.dead:
            found.append(
                f"{_when(message)} {_name(message)} became a dead letter: {printed(message.headers[headers.DLQ_REASON])}"
            )
        elif message.logged.topic.endswith(_EVENTS):
            found.append(f"{_when(message)} {_decided(message)}")
        else:
            found.append(f"{_when(message)} {_asked(message)}{_became(message, causes, known)}")
    left = len(found) - LONGEST
    return [*found[:LONGEST], *([f"… and {left:,} more"] if left > 0 else [])]


def waits(messages: Iterable[Message], known: Known) -> list[Cause]:
    """Why it goes no further, the most decisive first."""
    ordered = [message for message in in_time([*messages]) if not message.dead]
    found = [*_stopped(ordered, known), *_parked(ordered, known), *_late(ordered, known), *_refused(ordered, known)]
    found += [*_behind(ordered, known), *_twice(ordered), *_last(ordered)]
    seen = set[tuple[str, str]]()
    return [cause for cause in found if not (cause[:2] in seen or seen.add(cause[:2]))]


def _stopped(messages: Sequence[Message], known: Known) -> list[Cause]:
    found = list[Cause]()
    for reader, of in _read(messages, known):
        bound = known.bounds.get(reader.place)
        if bound is None or bound.first <= reader.next <= bound.end:
            continue
        where = f"{reader.place.topic}:{reader.place.partition}"
        says = (
            f"{reader.group} stands still at {where}: its floor is {reader.next:,}, and the log holds {bound.first:,} to"
            f" {bound.end:,}; `./lezzet topics reset {reader.place.topic}` shows what a new beginning changes"
        )
        found.append(Cause("stopped", of[-1].id, says))
    return found


def _parked(messages: Sequence[Message], known: Known) -> list[Cause]:
    found = list[Cause]()
    for row in known.parked:
        mine = [m for m in messages if m.logged.topic == row.topic and m.key == row.key]
        if not mine:
            continue
        poison = next((m for m in mine if m.id == row.id), None)
        who = (
            "it"
            if poison is not None and len(mine) == 1
            else f"{printed(poison.type if poison else None)} {printed(row.id)}"
        )
        says = (
            f"the key {printed(row.key)} of {row.topic} is parked since {stamp(row.at)}: {who} failed: {printed(row.reason)};"
            f" {row.messages} message{'s'[: row.messages != 1]} wait{'s'[: row.messages == 1]} there;"
            f" `./lezzet dlq redrive {row.topic} --key {printed(row.key)}`"
        )
        found.append(Cause("parked", row.id, says))
    return found


def _late(messages: Sequence[Message], known: Known) -> list[Cause]:
    found = list[Cause]()
    for message in messages:
        code = _outcome(message, known).get("code")
        deadline = message.headers.get(headers.DEADLINE, "")
        late = deadline.isdecimal() and message.logged.at.timestamp() * 1000 > int(deadline)
        if message.id in known.withdrawn or code == "withdrawn":
            says = f"{_name(message)} was withdrawn by the edge before its domain took it: its caller was told so"
            found.append(Cause("withdrawn", message.id, says))
        elif late or code == "expired":
            says = f"{_name(message)} came after its deadline: it takes no effect, and its caller was told so"
            found.append(Cause("expired", message.id, says))
    return found


def _refused(messages: Sequence[Message], known: Known) -> list[Cause]:
    found = list[Cause]()
    for message in messages:
        said = _outcome(message, known)
        if said.get("code") and said["code"] not in ("expired", "withdrawn"):
            why = f"{printed(str(said['code']))}: {printed(str(said.get('detail') or ''))}"
            found.append(Cause("refused", message.id, f"{_name(message)} was refused: {why}"))
        fields = _REFUSES.get(message.type or "")
        if fields and message.logged.topic.endswith(_EVENTS):
            body = _body(message)
            why = ": ".join(dict.fromkeys(printed(str(body.get(name) or "")) for name in fields))
            found.append(Cause("refused", message.id, f"{_name(message)}: {why}"))
    return found


def _behind(messages: Sequence[Message], known: Known) -> list[Cause]:
    found = list[Cause]()
    for reader, of in _read(messages, known):
        bound = known.bounds.get(reader.place)
        waiting = [m for m in of if m.logged.offset >= reader.next]
        if not waiting or bound is None or not bound.first <= reader.next <= bound.end:
            continue
        first = waiting[0]
        before = first.logged.offset - reader.next
        says = f"{_name(first)} waits for {reader.group}, with {before:,} message{'s'[: before != 1]} before it"
        if reader.group in known.away:
            found.append(Cause("away", first.id, f"{says}: {known.away[reader.group]}"))
        else:
            found.append(Cause("lag", first.id, f"{says}: do the agents run (`./lezzet status`)?"))
    return found


def _twice(messages: Sequence[Message]) -> list[Cause]:
    counts = Counter((m.logged.topic, m.id) for m in messages if headers.FORWARDED not in m.headers)
    found = list[Cause]()
    for message in messages:
        count = counts.pop((message.logged.topic, message.id), 1)
        if count > 1:
            found.append(
                Cause(
                    "duplicate", message.id, f"{_name(message)} stands {count} times in the log: it takes effect once"
                )
            )
    return found


def _last(messages: Sequence[Message]) -> list[Cause]:
    """What each aggregate waits for, as its last event says."""
    last = dict[tuple[str, str | None], Message]()
    for message in messages:
        if message.logged.topic.endswith(_EVENTS) and (
            message.type in _WAITS or message.type in _MOVES or _ends(message)
        ):
            last[message.logged.topic, message.key] = message
    found = list[Cause]()
    for message in last.values():
        wait = _WAITS.get(message.type or "")
        body = _body(message)
        if wait is None or (wait[2] is not None and not body.get(wait[2])):
            continue
        kind, says, _ = wait
        said = says.format_map({name: printed(str(value)) for name, value in body.items()})
        found.append(Cause(kind, message.id, f"{domain_of(message.logged.topic)} {printed(message.key)}: {said}"))
    return found


_MOVES = frozenset(
    ("PaymentConfirmed", "AuthorizationGranted", "NothingDue", "DueAtDoor", "OrderOnTheWay", "OrderDelivered", "OrderPickedUp",
     "AuthorizationGivenUp", "HoldReleased", "AmountCaptured")
)  # fmt: skip


def _ends(message: Message) -> bool:
    return message.type in _REFUSES


def _read(messages: Sequence[Message], known: Known) -> list[tuple[Reader, list[Message]]]:
    """Readers of the partitions that the messages stand in, with those messages in their order."""
    by_place = dict[Place, list[Message]]()
    for message in messages:
        by_place.setdefault(message.logged.place, []).append(message)
    return [
        (reader, sorted(by_place[reader.place], key=lambda m: m.logged.offset))
        for reader in known.readers
        if reader.place in by_place
    ]


def _outcome(message: Message, known: Known) -> dict[str, Any]:
    entered = known.entered.get((domain_of(message.logged.topic), inbox_key(message)))
    if entered is None or entered.outcome is None:
        return {}
    said: Any = msgspec.json.decode(entered.outcome)
    return cast(dict[str, Any], said) if isinstance(said, dict) else {}


def _body(message: Message) -> dict[str, Any]:
    said = secrecy.shown(message.logged.body, message.type)
    return cast(dict[str, Any], said) if isinstance(said, dict) else {}


def _by_cause(messages: Sequence[Message]) -> dict[str, list[Message]]:
    found = dict[str, list[Message]]()
    for message in messages:
        if cause := message.headers.get(headers.CAUSATION):
            found.setdefault(cause, []).append(message)
    return found


def _asked(message: Message) -> str:
    return f"{_who(message)} sent {_name(message)} to {message.logged.topic}"


def _who(message: Message) -> str:
    if timer := message.headers.get(headers.TIMER):
        return f"the timer {printed(timer)}"
    source = message.headers.get(headers.SOURCE)
    if source is None:
        return "another system"
    name = source.removeprefix("lezzet/")
    if name == "edge":
        caller = message.headers.get(headers.CALLER)
        return (
            "somebody"
            if caller is None
            else printed(caller)
            if caller.startswith("anonymous:")
            else f"user {printed(caller)}"
        )
    return "an engineer" if name.startswith("engineer") else f"{printed(name)}"


def _became(message: Message, causes: Mapping[str, Sequence[Message]], known: Known) -> str:
    events = [m for m in causes.get(message.id, ()) if m.logged.topic.endswith(_EVENTS)]
    if events:
        return ""
    code = _outcome(message, known).get("code")
    if code:
        return f", which was refused: {printed(str(code))}"
    entered = (domain_of(message.logged.topic), inbox_key(message)) in known.entered
    return ", which changed nothing" if entered and not causes.get(message.id) else ""


def _decided(message: Message) -> str:
    version = message.headers.get(headers.SEQUENCE)
    facts = _facts(message.headers.get(headers.FACTS))
    of = f" (version {printed(version)} of {printed(message.key)})" if version else ""
    return f"{domain_of(message.logged.topic)} decided {_name(message)}{of}{facts}"


def _facts(said: str | None) -> str:
    """` on restaurants 2f6a… v7, meals c3b2… v3`. said: the header FACTS."""
    if said is None:
        return ""
    try:
        tables = msgspec.json.decode(said, type=dict[str, dict[str, int]])
    except msgspec.MsgspecError:
        return ""
    read = [
        f"{printed(table)} {printed(key)} v{version}" for table, of in tables.items() for key, version in of.items()
    ]
    return f" on {', '.join(read[:6])}{f' and {len(read) - 6} more' if len(read) > 6 else ''}" if read else ""


def _name(message: Message) -> str:
    return printed(message.type or "a message without a type")


def _when(message: Message) -> str:
    return stamp(message.logged.at)
