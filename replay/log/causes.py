"""Why the messages of a flow go no further, from the messages and from what is known beside them. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

import msgspec

from replay.log import secrecy
from replay.log.known import EVENTS, Known, Reader, Standstill, domain_of
from replay.log.message import Message, argument, in_time, printed, stamp
from stores.engineering import SetAside, SetTimer, Written
from stores.kafka.log import Place
from stores.protocol import is_awaited
from topics import personal
from topics.messages import headers


class Cause(NamedTuple):
    """Why something goes no further, or did nothing. message: its id, '' for none.

    kind: away, stopped, held, parked, dead, expired, withdrawn, refused, aside, outbox, timer, lag, duplicate, restaurant,
    payment, reservation, time, courier, behind, unknown.
    """

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
_MOVES = frozenset(
    ("PaymentConfirmed", "AuthorizationGranted", "NothingDue", "DueAtDoor", "OrderOnTheWay", "OrderDelivered", "OrderPickedUp",
     "AuthorizationGivenUp", "HoldReleased", "AmountCaptured")
)  # fmt: skip

_LATE = timedelta(seconds=10)
"""A timer or a try that is so long past its time does not only wait for its turn."""
_FOR_EVER = 9999
"""The year until which an effect is tried that newer code alone can do."""
_OF_PARTITIONS = ("stopped", "held", "behind")
_RUN = "do the agents run (`./lezzet status`)?"


def waits(messages: Iterable[Message], known: Known) -> list[Cause]:
    """Why it goes no further, the most decisive first."""
    every = in_time([*messages])
    alive = [message for message in every if not message.dead]
    urgent, later = _timers(alive, known)
    held, could_be = _held(alive, known)
    found = [Cause("away", "", each.says) for each in known.unasked if each.needed]
    found += [*_stopped(alive, known), *_outside(alive, known), *held, *_parked(alive, known), *_dead(every)]
    found += [*_late(alive, known), *_refused(alive, known), *_aside(alive, known), *_unsent(every, known), *urgent]
    awaited, indexes = _lag(alive, known)
    found += [*awaited, *_twice(alive), *_last(alive), *later, *indexes, *_behind(alive, known), *could_be]
    found += [Cause("unknown", "", each.says) for each in known.unasked if not each.needed]
    seen = set[tuple[str, str]]()
    return [cause for cause in found if not ((what := _what(cause)) in seen or seen.add(what))]


def _what(cause: Cause) -> tuple[str, str]:
    """Of a message that several groups have to do yet, one is told; of a partition, each group that stands still there."""
    return cause.kind, cause.says if cause.kind in _OF_PARTITIONS else cause.message or cause.says


# -- partitions


def _stopped(messages: Sequence[Message], known: Known) -> list[Cause]:
    """By the agents' own word. It names the command that helps, but where newer code has to run."""
    found = list[Cause]()
    for each, mine in _standing(messages, known, "stopped"):
        why = _said(each.why)
        more = "" if "`" in why else "; it goes on when agents of the release that published this run"
        says = f"{each.group} stands still at {_place(each.place)}{_since(each.since)}: {why}{more}"
        found.append(Cause("stopped", mine[-1].id, says))
    return found


def _outside(messages: Sequence[Message], known: Known) -> list[Cause]:
    """By floors and log: also where no agents run."""
    found = list[Cause]()
    told = {(each.group, each.place) for each in known.standstills if each.how == "stopped"}
    for reader, of in _read(messages, known):
        bound = known.bounds.get(reader.place)
        if bound is None or bound.first <= reader.next <= bound.end or (reader.group, reader.place) in told:
            continue
        says = (
            f"{reader.group} stands still at {_place(reader.place)}: its floor is {reader.next:,}, and the log holds"
            f" {bound.first:,} to {bound.end:,}; `./lezzet topics reset {reader.place.topic}` shows what a new beginning"
            " changes"
        )
        found.append(Cause("stopped", of[-1].id, says))
    return found


def _held(messages: Sequence[Message], known: Known) -> tuple[list[Cause], list[Cause]]:
    """Partitions that are held back: where messages of the flow wait, and where its next one will."""
    now, later = list[Cause](), list[Cause]()
    floors = {(reader.group, reader.place): reader.next for reader in known.readers}
    for each, mine in _standing(messages, known, "held"):
        waiting = [m for m in mine if m.logged.offset >= floors.get((each.group, each.place), 0)]
        who = f"{_name(waiting[0])} waits there" if waiting else "the next command of its keys waits there"
        says = (
            f"{each.group} holds {_place(each.place)} back{_since(each.since)}: its commands raise one after the other, as"
            f" after a bad release; {who}. One is tried at a time, the next within five minutes; go back to the release"
            " before, or mend it: then it goes on by itself, and `./lezzet dlq groups` shows what was parked"
        )
        (now if waiting else later).append(Cause("held", (waiting or mine)[0].id, says))
    return now, later


def _behind(messages: Sequence[Message], known: Known) -> list[Cause]:
    return [
        Cause(
            "behind", mine[-1].id, f"{each.group} could not apply all events of {_place(each.place)}: {_said(each.why)};"
            f" what it made of their aggregates stands still until other code runs."
            f" `./lezzet state {argument(mine[-1].key or '')} --diff` says whether this is one",
        )
        for each, mine in _standing(messages, known, "behind")
    ]  # fmt: skip


def _standing(messages: Sequence[Message], known: Known, how: str) -> list[tuple[Standstill, list[Message]]]:
    by_place = _by_place(messages)
    return [(each, by_place[each.place]) for each in known.standstills if each.how == how and each.place in by_place]


# -- single messages


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
            f"the key {printed(row.key)} of {row.topic} is parked since {stamp(row.at)}: {who} failed: {_said(row.reason)};"
            f" {row.messages} message{'s'[: row.messages != 1]} wait{'s'[: row.messages == 1]} there;"
            f" `./lezzet dlq redrive {row.topic} --key {argument(row.key)}`"
        )
        found.append(Cause("parked", row.id, says))
    return found


def _dead(messages: Sequence[Message]) -> list[Cause]:
    """Dead letters that nobody has sent again. Those of parked keys are told with their key."""
    found = list[Cause]()
    for letter in messages:
        if not letter.dead or headers.DLQ_PARKED in letter.headers:
            continue
        topic = letter.headers.get(headers.DLQ_TOPIC, "")
        if any(m.id == letter.id and not m.dead and m.logged.at > letter.logged.at for m in messages):
            continue
        says = (
            f"{_name(letter)} is a dead letter since {stamp(letter.logged.at)}: {_said(letter.headers[headers.DLQ_REASON])};"
            f" `./lezzet dlq redrive {argument(topic)} --id {argument(letter.id)}` sends it again"
        )
        found.append(Cause("dead", letter.id, says))
    return found


def _late(messages: Sequence[Message], known: Known) -> list[Cause]:
    found = list[Cause]()
    for message in messages:
        code = known.outcome(message).get("code")
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
        said = known.outcome(message)
        if said.get("code") and said["code"] not in ("expired", "withdrawn"):
            why = f"{printed(str(said['code']))}: {printed(str(said.get('detail') or ''))}"
            found.append(Cause("refused", message.id, f"{_name(message)} was refused: {why}"))
        fields = _REFUSES.get(message.type or "")
        if fields and message.logged.topic.endswith(EVENTS):
            body = _body(message)
            why = ": ".join(dict.fromkeys(printed(str(body.get(name) or "")) for name in fields))
            found.append(Cause("refused", message.id, f"{_name(message)}: {why}"))
    return found


def _lag(messages: Sequence[Message], known: Known) -> tuple[list[Cause], list[Cause]]:
    """Of groups that somebody waits for, and of the others."""
    awaited, others = list[Cause](), list[Cause]()
    for reader, of in _read(messages, known):
        bound = known.bounds.get(reader.place)
        waiting = [m for m in of if m.logged.offset >= reader.next]
        if not waiting or bound is None or not bound.first <= reader.next <= bound.end:
            continue
        first = waiting[0]
        before = first.logged.offset - reader.next
        says = f"{_name(first)} waits for {reader.group}, with {before:,} message{'s'[: before != 1]} before it"
        kind, why = ("away", known.away[reader.group]) if reader.group in known.away else ("lag", _RUN)
        (awaited if is_awaited(reader.group) else others).append(Cause(kind, first.id, f"{says}: {why}"))
    return awaited, others


def _twice(messages: Sequence[Message]) -> list[Cause]:
    counts = Counter((m.logged.topic, m.id) for m in messages if headers.FORWARDED not in m.headers)
    found = list[Cause]()
    for message in messages:
        count = counts.pop((message.logged.topic, message.id), 1)
        if count > 1:
            says = f"{_name(message)} stands {count} times in the log: it takes effect once"
            found.append(Cause("duplicate", message.id, says))
    return found


def _last(messages: Sequence[Message]) -> list[Cause]:
    """What each aggregate waits for, as its last event says."""
    last = dict[tuple[str, str | None], Message]()
    for message in messages:
        if message.logged.topic.endswith(EVENTS) and (
            message.type in _WAITS or message.type in _MOVES or message.type in _REFUSES
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


# -- rows of stores


def _aside(messages: Sequence[Message], known: Known) -> list[Cause]:
    named, place = {m.id: m for m in messages}, {m.id: n for n, m in enumerate(messages)}
    found = list[Cause]()
    for row in sorted(known.aside, key=lambda row: place.get(row.id, len(place))):
        name = _name(named[row.id]) if row.id in named else printed(row.id)
        behind = (
            "" if row.first == row.id else f" behind {printed(row.first)}, which is of the same key and comes first"
        )
        again = (
            f" `./lezzet logs --query effect_set_aside` has each try; after it is given up,"
            f" `./lezzet dlq redrive {row.source.topic} --id {argument(row.first)}` sends it again"
        )
        says = (
            f"{row.source.group} has set {name} aside since {stamp(row.since)}{behind}: {_tried(row)}; {_next(row, known.now)};"
            f"{again}"
        )
        found.append(Cause("aside", row.id, says))
    return found


def _tried(row: SetAside) -> str:
    if not row.tries:
        return "not tried yet"
    return f"tried {row.tries} time{'s'[: row.tries != 1]}, the last try met: {_said(row.reason)}"


def _next(row: SetAside, now: datetime) -> str:
    if row.due is None or row.due <= now - _LATE:
        due = "" if row.due is None else f" since {stamp(row.due)}"
        tried = f"it is to be tried{due}, and was not: {_RUN}"
    else:
        tried = f"it is tried again at {stamp(row.due)}"
    if row.until is None:
        return tried
    return f"{tried}, and given up {'never' if row.until.year >= _FOR_EVER else f'at {stamp(row.until)}'}"


def _unsent(messages: Sequence[Message], known: Known) -> list[Cause]:
    """Rows of outboxes whose messages are not in the log. messages: also dead ones."""
    there = {(m.logged.topic, m.id, headers.FORWARDED in m.headers) for m in messages}
    places = {(m.logged.place, m.logged.offset): m for m in messages}
    by_cause = dict[str, list[tuple[Written, str]]]()
    for row in known.unsent:
        named = _named(row.headers)
        cause = places.get((Place(row.source.topic, row.source.partition), row.id.offset))
        id = named.get(headers.DLQ_ID) or named.get(headers.ID, "")
        if cause is None or (row.target, id, headers.FORWARDED in named) in there:
            continue
        what = "its answer" if row.channel == "reply" else f"{printed(named.get(headers.TYPE))} for {row.target}"
        by_cause.setdefault(cause.id, []).append((row, what))
    found = list[Cause]()
    for id, rows in by_cause.items():
        source = rows[0][0].source
        cause = next(m for m in messages if m.id == id)
        says = (
            f"{_listed([what for _, what in rows])} of {_name(cause)} {'is' if len(rows) == 1 else 'are'} written by"
            f" {source.group} and not published yet: the agents that have {_place(Place(source.topic, source.partition))}"
            f" send {'it' if len(rows) == 1 else 'them'} before anything new of it; {_RUN}"
        )
        found.append(Cause("outbox", id, says))
    return found


def _timers(messages: Sequence[Message], known: Known) -> tuple[list[Cause], list[Cause]]:
    """Those that should have been sent, and those that are not due yet. A command that is in the log is no timer any more."""
    there = {message.id for message in messages}
    late, waiting = list[Cause](), list[Cause]()
    for timer in known.timers:
        if timer.id in there:
            continue
        of = f"{domain_of(timer.source.topic)} {printed(timer.key)}: its timer {printed(timer.name)}"
        sends = f"{printed(_named(timer.headers).get(headers.TYPE))} to {timer.source.topic}"
        if timer.sent:
            says = f"{of} has sent {sends}, which is not in what was read of the log and not decided"
            late.append(Cause("timer", timer.id, says))
        elif timer.due < known.now - _LATE:
            says = f"{of} is due since {stamp(timer.due)} and did not send {sends}: {_RUN}"
            late.append(Cause("timer", timer.id, says))
        else:
            says = f"{of} sends {sends} at {stamp(timer.due)}{_in(timer, known.now)}"
            waiting.append(
                Cause("timer", timer.id, f"{says}; `./lezzet state {argument(timer.key)}` shows what it is until then")
            )
    return late, waiting


def _in(timer: SetTimer, now: datetime) -> str:
    seconds = max(0, round((timer.due - now).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f", in {f'{hours} h {minutes} min' if hours else f'{minutes} min {seconds} s' if minutes else f'{seconds} s'}"
    )


# -- words


def _read(messages: Sequence[Message], known: Known) -> list[tuple[Reader, list[Message]]]:
    """Readers of the partitions that the messages stand in, with those messages in their order."""
    by_place = _by_place(messages)
    return [(reader, by_place[reader.place]) for reader in known.readers if reader.place in by_place]


def _by_place(messages: Sequence[Message]) -> dict[Place, list[Message]]:
    found = dict[Place, list[Message]]()
    for message in sorted(messages, key=lambda m: m.logged.offset):
        found.setdefault(message.logged.place, []).append(message)
    return found


def _named(said: str) -> dict[str, str]:
    """Headers of a row: JSON."""
    try:
        return {name: value.decode() for name, value in msgspec.json.decode(said, type=list[tuple[str, bytes]])}
    except (msgspec.MsgspecError, UnicodeError):
        return {}


def _body(message: Message) -> dict[str, Any]:
    said = secrecy.shown(message.logged.body, message.type)
    return cast(dict[str, Any], said) if isinstance(said, dict) else {}


def _listed(what: Sequence[str]) -> str:
    shown = [f"{name} ({count} times)" if count > 1 else name for name, count in Counter(what).items()]
    return f"{', '.join(shown[:4])}{f' and {len(shown) - 4} more' if len(shown) > 4 else ''}"


def _said(text: str) -> str:
    """What a server or an error has said, without mail addresses."""
    return printed(personal.masked_text(text))


def _name(message: Message) -> str:
    return printed(message.type or "a message without a type")


def _place(place: Place) -> str:
    return f"{place.topic}:{place.partition}"


def _since(at: datetime | None) -> str:
    return "" if at is None else f" since {stamp(at)}"
