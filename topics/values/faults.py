"""What is wrong with an input: each fault with its place and why, in the words of the API."""

from typing import Any, NamedTuple

MOST_FAULTS = 50
"""Faults that one refusal lists. A body of 256 KiB may have a hundred thousand; nobody reads more."""


class Fault(NamedTuple):
    """field: path such as `items[0].quantity`, `$` for the whole. why: in words that follow `field: `."""

    field: str
    why: str


Faults = list[Fault]


class Invalid(ValueError):
    """faults: the first MOST_FAULTS of them."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("; ".join(f"{field}: {why}" for field, why in faults))
        self.faults = tuple(faults[:MOST_FAULTS])


def _named(value: Any) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def wanted(what: str, value: Any, path: str, faults: Faults) -> None:
    """Adds the fault that the value is of another kind than `what`. Gives None, which takes the place of the value."""
    faults.append(Fault(path, f"{what} is needed, not {_named(value)}"))
