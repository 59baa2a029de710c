"""Conditions on messages, in CEL (docs/decisions/087-conditions-are-cel.md):

    type == "OrderPlaced" && body.total > 50000 && time > timestamp("2026-11-27T18:00:00Z")

topic, key, type, id: texts, empty where a message has none. time: when the log has it from. headers: all, as texts. version: of
the aggregate, 0 for what is no event. body: what its JSON says, without secrets; a text where it is no JSON.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from cel_expr_python import cel

from replay.failure import BadArgument
from replay.log import secrecy
from replay.log.message import Message
from replay.log.scan import All, Holding
from stores.kafka.log import Logged
from topics.messages import headers

LONGEST = 4_000  # characters of a condition
_HUGE = 10**308
_LARGE = re.compile(rb"[0-9]{19}")
_T = cel.Type
_NAMES: dict[str, tuple[Any, Callable[[Message], Any]]] = {
    "topic": (_T.STRING, lambda m: m.logged.topic),
    "key": (_T.STRING, lambda m: m.key or ""),
    "type": (_T.STRING, lambda m: m.type or ""),
    "id": (_T.STRING, lambda m: m.id),
    "time": (_T.TIMESTAMP, lambda m: m.logged.at),
    "headers": (
        _T.Map(_T.STRING, _T.STRING),
        lambda m: {n: v.decode(errors="backslashreplace") for n, v in m.logged.headers},
    ),
    "body": (_T.DYN, lambda m: _body(m)),
    "version": (_T.INT, lambda m: _number(m.headers.get(headers.SEQUENCE))),
}
# `type` is a function of CEL, too. Names are looked up in the container first.
_CONTAINER = "message"
_PLACE = re.compile(r"<input>:1:(\d+): (.*)")
_TEXT = r"""(?:"([\w .:@+-]*)"|'([\w .:@+-]*)')"""  # as JSON writes it without escapes, if it is ASCII
_PATH = r"body((?:\.[A-Za-z_]\w*|\[\d+\])+)"
_NUMBER = r"-?\d+(?:\.\d+)?|true|false|null"
_EQUAL = re.compile(rf"(?:key|type|topic|headers\.\w+|headers\[{_TEXT}\]|{_PATH})\s*==\s*{_TEXT}", re.ASCII)
_PART = re.compile(rf"(?:key|type|headers\.\w+|{_PATH})\.(?:contains|startsWith|endsWith)\({_TEXT}\)", re.ASCII)
_THERE = re.compile(rf"(?:has\({_PATH}\)|{_PATH}\s*(?:==|!=|<=?|>=?)\s*(?:{_NUMBER}|{_TEXT}))", re.ASCII)


class Where:
    """A condition. record_filter: lets all messages through that it may hold for."""

    def __init__(self, text: str) -> None:
        """Raises BadArgument with the place of what is wrong."""
        self._expression = _compiled(text)
        self._used = [name for name in _NAMES if re.search(rf"\b{name}\b", text)]
        asked = needle(text)
        self.record_filter = All() if asked is None else Holding(asked)

    def __call__(self, message: Message) -> bool:
        """False where it cannot be told, as for a field that the message does not have."""
        said = {f"{_CONTAINER}.{name}": _NAMES[name][1](message) for name in self._used}
        return self._expression.eval(data=said).value() is True

    def of(self, records: Iterable[Logged]) -> list[Logged]:
        """Those that it holds for. Only those are taken apart that the filter lets through."""
        wants = self.record_filter.wants
        return [each for each in records if wants(each.key, each.body, each.headers) and self(Message(each))]


def _body(message: Message) -> Any:
    found, body = secrecy.plain(message.logged.body), message.logged.body
    return _bounded(found) if body is not None and _LARGE.search(body) else found


def _bounded(value: Any) -> Any:
    """With numbers that CEL has: a whole one of more than 64 bits becomes a fraction."""
    match value:
        case bool():
            return value
        case int():
            return value if -(2**63) <= value < 2**63 else _fraction(value)
        case dict():
            return {name: _bounded(inner) for name, inner in cast(dict[str, Any], value).items()}
        case list():
            return [_bounded(inner) for inner in cast(list[Any], value)]
        case _:
            return value


def _fraction(value: int) -> float:
    if abs(value) < _HUGE:
        return float(value)
    return math.inf if value > 0 else -math.inf


def _compiled(text: str) -> Any:
    if not text.strip():
        raise BadArgument("--where: an empty condition")
    if len(text) > LONGEST or "\n" in text:
        raise BadArgument(f"--where: one line of at most {LONGEST:,} characters")
    environment = cel.NewEnv(
        container=_CONTAINER, variables={f"{_CONTAINER}.{n}": kind for n, (kind, _) in _NAMES.items()}
    )
    try:
        made = environment.compile(text)
    except (RuntimeError, ValueError) as error:
        raise BadArgument(_told(text, str(error))) from error
    if (kind := made.return_type().name()) not in ("BOOL", "DYN"):
        raise BadArgument(f"--where: {text!r} is no condition: it gives {kind}, not BOOL")
    return made


def _told(text: str, why: str) -> str:
    found = _PLACE.search(why)
    if found is None:
        return f"--where: {why.partition(' [')[0].partition(chr(10))[0]}"
    at, said = int(found[1]), found[2].replace(f" (in container '{_CONTAINER}')", "")
    names = f". There are: {', '.join(_NAMES)}" if "undeclared reference" in said else ""
    return f"--where: {said}, at character {at}: {text[: at - 1]}⟨here⟩{text[at - 1 :]}{names}"


def needle(text: str) -> bytes | None:
    """What every message has in it that the condition holds for: the longest text that one of its parts, which all have to
    hold, asks for. None where no part is as simple."""
    if any(_is_special(text, at) for at, _ in _outside(text)):
        return None
    return max(_asked_for(text), key=len, default="").encode() or None


def _asked_for(text: str) -> list[str]:
    parts = _parts(text)
    if len(parts) == 1 and _in_brackets(text):
        return _asked_for(text[1:-1].strip())
    inner = [said for part in parts if _in_brackets(part) for said in _asked_for(part)]
    return inner + [said for part in parts if (said := _asked(part))]


def _asked(part: str) -> str:
    if (simple := _EQUAL.fullmatch(part)) or (simple := _PART.fullmatch(part)):
        if part.startswith("topic"):
            return ""  # a record does not say its topic
        texts = [said for said in simple.groups()[-2:] if said]
        if texts:
            return texts[0]
    if there := _THERE.fullmatch(part):
        fields = re.findall(r"\.(\w+)", there[1] or there[2] or "")
        return f'"{fields[-1]}"' if fields else ""
    return ""


def _parts(text: str) -> list[str]:
    """What `&&` joins outside of brackets and texts; nothing where another operator stands there that binds less."""
    parts, start = list[str](), 0
    for at, depth in _outside(text):
        if depth == 0 and (text[at] == "?" or text.startswith("||", at)):
            return []
        if depth == 0 and text.startswith("&&", at) and at >= start:
            parts.append(text[start:at].strip())
            start = at + 2
    return [*parts, text[start:].strip()]


def _is_special(text: str, at: int) -> bool:
    """Whether a comment begins there, or a text with other rules: raw, of bytes, of several lines."""
    if text[at] in "\"'":
        return text.startswith(text[at] * 3, at) or text[at - 1 : at] in tuple("rRbB")
    return text.startswith("//", at)


def _in_brackets(part: str) -> bool:
    """Whether one pair of brackets is around all of it."""
    return part.startswith("(") and all(depth > 0 for at, depth in _outside(part) if at < len(part) - 1)


def _outside(text: str) -> Iterator[tuple[int, int]]:
    """(place, how many brackets are open behind it) of each character that is in no text."""
    depth, quote, at = 0, "", 0
    while at < len(text):
        c = text[at]
        if quote:
            at += c == "\\"  # the next one is no end
            quote = "" if c == quote else quote
        else:
            quote = c if c in "\"'" else ""
            depth += (c in "([{") - (c in ")]}")
            yield at, depth
        at += 1


def _number(said: str | None) -> int:
    return int(said) if said is not None and said.isdecimal() and len(said) < 19 else 0
