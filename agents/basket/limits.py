"""How much a basket holds."""

from collections.abc import Iterable

from topics.deciding.decision import Rejection

MAX_LINES = 100
"""Different meals. Of one meal: topics.values.fields.MAX_QUANTITY."""

NOTE_BYTES = 16 * 1024
"""Of all notes of a basket, or of the items of a checkout, in UTF-8."""


def notes_too_long(notes: Iterable[str | None]) -> Rejection | None:
    size = sum(len(note.encode()) for note in notes if note)
    if size <= NOTE_BYTES:
        return None
    return Rejection("notes_too_long", f"the notes of a basket have at most {NOTE_BYTES:,} bytes together", "note")
