"""What happened to the messages of some flows, in words. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from replay.log.known import EVENTS, Known, domain_of, inbox_key
from replay.log.message import Message, in_time, printed, shown_reason, stamp
from topics.messages import headers

LONGEST = 200
"""Sentences."""


def told(messages: Iterable[Message], known: Known) -> list[str]:
    """Sentences in order of time: who asked, what was decided on which facts, what was refused and why."""
    ordered = in_time([*messages])
    causes = _by_cause(ordered)
    found = list[str]()
    for message in ordered:
        if message.dead:
            found.append(f"{_when(message)} {_name(message)} became a dead letter: {_reason(message)}")
        elif message.logged.topic.endswith(EVENTS):
            found.append(f"{_when(message)} {_decided(message)}")
        else:
            found.append(f"{_when(message)} {_asked(message)}{_became(message, causes, known)}")
    left = len(found) - LONGEST
    return [*found[:LONGEST], *([f"… and {left:,} more"] if left > 0 else [])]


def _reason(letter: Message) -> str:
    return printed(shown_reason(letter.headers[headers.DLQ_REASON]))


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
        if caller is None:
            return "somebody"
        return printed(caller) if caller.startswith("anonymous:") else f"user {printed(caller)}"
    return "an engineer" if name.startswith("engineer") else f"{printed(name)}"


def _became(message: Message, causes: Mapping[str, Sequence[Message]], known: Known) -> str:
    events = [m for m in causes.get(message.id, ()) if m.logged.topic.endswith(EVENTS)]
    if events:
        return ""
    code = known.outcome(message).get("code")
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
