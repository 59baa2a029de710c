"""How much a basket holds."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from topics.deciding.decision import Rejection

MAX_LINES = 100
"""Different meals. Of one meal: topics.values.fields.MAX_QUANTITY."""

NOTE_BYTES = 16 * 1024
"""Of all notes of a basket, or of the items of a checkout, in UTF-8."""


OPTION_BYTES = 64 * 1024
"""Of all options that are chosen in a basket, or in the items of a checkout, as JSON."""


class Said(Protocol):
    """A line, or an item of a checkout."""

    @property
    def note(self) -> str | None: ...
    @property
    def options(self) -> Sequence[Any]: ...


def too_much(items: Iterable[Said], *notes: str | None) -> Rejection | None:
    """Why a basket cannot hold these; None where it can. notes: of the checkout itself."""
    of_notes, of_options = sum(len(each.encode()) for each in notes if each), 0
    for item in items:
        if item.note:
            of_notes += len(item.note.encode())
        if item.options:
            of_options += len(msgspec.json.encode(item.options))
    if of_notes > NOTE_BYTES:
        return Rejection("notes_too_long", f"the notes of a basket have at most {NOTE_BYTES:,} bytes together", "note")
    if of_options > OPTION_BYTES:
        detail = f"the options of a basket have at most {OPTION_BYTES:,} bytes together"
        return Rejection("options_too_large", detail, "options")
    return None
