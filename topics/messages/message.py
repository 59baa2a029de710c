"""What a message body is: a frozen struct of bare JSON. Everything *about* a message travels in headers."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from topics.values.fields import PATTERNS
from topics.values.forms import NotInForm, email

T = TypeVar("T")

SECRET = msgspec.Meta(extra={"secret": True})
Secret = Annotated[T, SECRET]
"""A field of an event that goes to `evolve` and the store but never to Kafka. Needs a default, which readers see."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every command, event and public message. Unknown fields are ignored; the class name is the `ce_type`.

    schema_version: counted up where bodies of before cannot be read as they are; see topics/messages/upcasting.py.
    """

    schema_version: ClassVar[int] = 1


class Undecodable(ValueError):
    """The bytes are no message of this type. `field` is the path of the first offending field, `$` for the whole."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


_PATH = re.compile(r"^(?P<why>.*?)(?: - at (?:`key` in )?`(?P<path>\$.*?)`)?$", re.DOTALL)
_FORM = re.compile(r"^Expected `str` matching regex (?P<pattern>.*)$", re.DOTALL)
_FORM_NAMES = {repr(pattern): name for pattern, name in PATTERNS.items()}
_MISSING = re.compile(r"required field `(?P<name>[^`]+)`")


def field_error(error: msgspec.MsgspecError | UnicodeError) -> Undecodable:
    """Turns msgspec's message into (field, why): `Expected `int`, got `str` - at `$.quantity`` → (`quantity`, …)."""
    matched = _PATH.match(str(error))
    why, path = (matched["why"], matched["path"] or "$") if matched else (str(error), "$")
    missing = _MISSING.search(why)
    if missing:
        path = f"{path}.{missing['name']}"
    expected = _FORM.match(why)
    if expected:
        why = f"Expected {_FORM_NAMES.get(expected['pattern'], 'another form')}"
    return Undecodable(path.removeprefix("$.") or "$", why)


def secret_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Names of the fields typed `Secret[…]`."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _is_secret(hint))


def _is_secret(hint: Any) -> bool:
    return get_origin(hint) is Annotated and SECRET in get_args(hint)


def without_secrets(message: msgspec.Struct, names: frozenset[str]) -> Mapping[str, Any]:
    """The public part of an event whose type has secret fields."""
    return {name: value for name, value in msgspec.structs.asdict(message).items() if name not in names}


def holds_nul(body: bytes) -> bool:
    """Whether a text of this JSON holds a NUL, which no store takes. The six characters `\\u0000`, written as text, are none:
    their backslash is escaped in JSON."""
    if b"\\" not in body:  # as nearly all: one byte is found far faster than six
        return b"\0" in body
    escaped = b"\\u0000" in body and b"\\u0000" in body.replace(b"\\\\", b"")
    return escaped or b"\0" in body


def deliverable(address: str, field: str) -> str:
    """The normal form of an e-mail address that another system sent. Raises Undecodable where no mail can reach it."""
    try:
        return email(address)
    except NotInForm as error:
        raise Undecodable(field, str(error)) from None
