"""The state of a basket, and how events change it."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from agents.basket.merging import Refused
from topics.basket_events import (
    CheckedOut,
    Cleared,
    Event,
    Expired,
    HandedOver,
    Kept,
    Life,
    Line,
    LineRemoved,
    LineSet,
    LinesRestored,
    TakenBack,
    TakenOver,
    TakeOverRefused,
)


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """lines: by meal id, in the order in which the meals came in. All are of one restaurant.

    life: of an anonymous basket that is there. handed_to: the user whose basket took its lines, while it has no new life.
    refused: the last anonymous basket that a user's could not take over.
    """

    lines: dict[str, Line] = msgspec.field(default_factory=dict[str, Line])
    life: Life | None = None
    handed_to: str | None = None
    refused: Refused | None = None

    @property
    def restaurant_id(self) -> str | None:
        return next((line.restaurant_id for line in self.lines.values()), None)


def evolve(contents: Contents, event: Event) -> Contents:
    match event:
        case LineSet(line=line):
            return replace(contents, lines={**contents.lines, line.meal_id: line})
        case LineRemoved(meal_id=meal_id):
            return replace(contents, lines=_without(contents.lines, {meal_id}))
        case Cleared() | CheckedOut():
            return replace(contents, lines={})
        case LinesRestored(lines=lines) | TakenBack(lines=lines):
            return replace(contents, lines={**contents.lines, **{line.meal_id: line for line in lines}})
        case TakenOver(lines=lines, strategy=strategy):
            kept = {} if strategy == "replace" else contents.lines
            return replace(contents, lines={**kept, **{line.meal_id: line for line in lines}}, refused=None)
        case Kept(life=life):
            return replace(contents, life=life, handed_to=None)
        case Expired():
            return Contents()
        case HandedOver(user_id=user_id):
            return Contents(handed_to=user_id)
        case TakeOverRefused(anonymous_id=anonymous_id, code=code, detail=detail):
            return replace(contents, refused=Refused(anonymous_id=anonymous_id, code=code, detail=detail))
        case _:
            assert_never(event)


def _without(lines: dict[str, Line], gone: set[str]) -> dict[str, Line]:
    return {name: line for name, line in lines.items() if name not in gone}
