"""What a topic is. One module of topics/contracts declares each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, cast

import msgspec

from topics.messages import upcasting
from topics.messages.message import Message, Undecodable, field_error, holds_nul, secret_fields, without_secrets
from topics.messages.upcasting import Step, Upcast

FOREVER = timedelta.max
PARTITIONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A contract.

    name: the Kafka topic. messages: every type that may stand on it, by class name = `ce_type`.
    key: in words, what the Kafka key is. producers, consumers: domains or "edge", "other systems".
    append_time: LogAppendTime, so that the broker's clock is the message's `now`. Where others publish, too: by a clock of
        theirs that stands at 1970 retention would remove what was not read yet.
    untyped: the type name for a body without `ce_type` (public topics); it sees the raw bytes. None: a type is required.
    upcasts: how older bodies of types with a schema_version above 1 are read.
    """

    name: str
    messages: tuple[type[Message], ...]
    key: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    retention: timedelta = timedelta(days=7)
    partitions: int = PARTITIONS
    append_time: bool = False
    untyped: Callable[[bytes], str] | None = None
    max_bytes: int = 1024 * 1024
    upcasts: tuple[Upcast, ...] = ()
    _types: Mapping[str, type[Message]] = field(init=False, repr=False)
    _decoders: Mapping[str, msgspec.json.Decoder[Message]] = field(init=False, repr=False)
    _secrets: Mapping[type, frozenset[str]] = field(init=False, repr=False)
    _steps: Mapping[str, Mapping[int, Step]] = field(init=False, repr=False)
    _newest: Mapping[str, frozenset[str | None]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_types", MappingProxyType({t.__name__: t for t in self.messages}))
        object.__setattr__(self, "_decoders", {t.__name__: msgspec.json.Decoder(t) for t in self.messages})
        object.__setattr__(self, "_secrets", {t: secret_fields(t) for t in self.messages})
        object.__setattr__(self, "_steps", upcasting.chains(self.upcasts))
        object.__setattr__(self, "_newest", {t.__name__: _newest(t) for t in self.messages})

    @property
    def dead_letters(self) -> str:
        return f"{self.name}_dlq"

    @property
    def domain(self) -> str:
        """`basket` of `basket_events`; the topic's own name where it belongs to nobody."""
        return self.name.rsplit("_", 1)[0]

    def decode(self, type_name: str | None, body: bytes | None, version: str | None = None) -> Message:
        """The typed message. version: as the header SCHEMA_VERSION says it. Raises Undecodable with the field and why."""
        if not body:
            raise Undecodable("$", "the body is empty")
        if type_name is None:
            if self.untyped is None:
                raise Undecodable("ce_type", "header missing, and this topic has no default type")
            type_name = self.untyped(body)
        decoder = self._decoders.get(type_name)
        if decoder is None:
            raise Undecodable(
                "ce_type", f"unknown type {type_name[:80]!r}, this topic carries {', '.join(self._types)}"
            )
        if holds_nul(body):
            raise Undecodable("$", "NUL characters are not allowed")
        try:
            if version not in self._newest[type_name]:
                return self._upcast(self._types[type_name], body, upcasting.version_of(version))
            return decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise field_error(error) from error

    def _upcast(self, kind: type[Message], body: bytes, version: int) -> Message:
        """A message of a body of this version. Raises Undecodable, and what msgspec raises."""
        newest = kind.schema_version
        if version > newest:
            raise Undecodable(
                "ce_schemaversion", f"{kind.__name__} has version {version}, this code reads up to {newest}"
            )
        if version == newest:
            return self._decoders[kind.__name__].decode(body)
        content: Any = msgspec.json.decode(body)
        if not isinstance(content, dict):
            raise Undecodable("$", "is no object")
        said = cast(dict[str, Any], content)
        try:
            for of in range(version, newest):
                said = self._steps[kind.__name__][of](said)
        except Exception as error:
            raise Undecodable(
                "$", f"cannot be brought from version {version} to {newest}: {type(error).__name__}"
            ) from error
        return msgspec.convert(said, kind)

    def encode(self, message: Message) -> bytes:
        """The public JSON of a message: Secret fields are left out."""
        secrets = self._secrets[type(message)]
        return msgspec.json.encode(without_secrets(message, secrets) if secrets else message)


def _newest(kind: type[Message]) -> frozenset[str | None]:
    """What the header SCHEMA_VERSION may say of a body that needs no upcast. The first version needs no header."""
    newest = kind.schema_version
    return frozenset((str(newest), None) if newest == 1 else (str(newest),))
