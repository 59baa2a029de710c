"""Many ids in one question, part by part."""

from collections.abc import Iterator, Sequence

IDS_AT_ONCE = 128
"""SecantusDB compares each document that it found with each id that was asked for, so the time of a question grows with the
square of this. With MongoDB a part more costs a round trip."""


def parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """In their order."""
    return (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
