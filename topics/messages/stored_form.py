"""How states and copies of facts stand in a store: as JSON, and from their second form on with the number of the form.

`{…}` is the first form, `[2,{…}]` the second. A form is counted up where code of before would read the values of now
as something else. That code finds no object and raises, so it stops there. Code of now reads all older forms by steps.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec

from topics.messages.upcasting import Body, Step

D = TypeVar("D", bound=msgspec.Struct)


class OtherForm(ValueError):
    """What is stored has no form that this code knows."""


class StoredForm(Generic[D]):
    """Of one type. steps: the first one makes the second form of the first, and so on."""

    def __init__(self, kind: type[D], steps: Sequence[Step] = ()) -> None:
        self._steps = steps
        self._newest = len(steps) + 1
        self._head = f"[{self._newest}," if steps else ""
        self._decoder = msgspec.json.Decoder(kind)

    def decode(self, stored: str | bytes) -> D:
        """Raises OtherForm, and what msgspec raises."""
        return self._decoder.decode(self.plain(stored))

    def encode(self, document: D) -> str:
        return self.stored(msgspec.json.encode(document).decode())

    def plain(self, stored: str | bytes) -> str:
        """The object, as JSON in the form of today. Raises OtherForm."""
        said = stored if isinstance(stored, str) else stored.decode()
        if not self._head and said.startswith("{"):
            return said
        if self._head and said.startswith(self._head):
            return said[len(self._head) : -1]
        return self._upcast(said)

    def stored(self, plain: str) -> str:
        """The inverse of plain(), for JSON in the form of today."""
        return f"{self._head}{plain}]" if self._head else plain

    def _upcast(self, stored: str) -> str:
        found: Any = msgspec.json.decode(stored)
        form, body = (1, found) if isinstance(found, dict) else self._numbered(found)
        if not 0 < form <= self._newest:
            raise OtherForm(f"it has form {form}, this code reads up to {self._newest}")
        for step in self._steps[form - 1 :]:
            body = step(body)
        return msgspec.json.encode(body).decode()

    def _numbered(self, found: Any) -> tuple[int, Body]:
        try:
            form, body = cast(list[Any], found)
        except (TypeError, ValueError):
            raise OtherForm("it is neither an object nor one with the number of its form") from None
        if type(form) is not int or not isinstance(body, dict):
            raise OtherForm("it is neither an object nor one with the number of its form")
        return form, cast(Body, body)
