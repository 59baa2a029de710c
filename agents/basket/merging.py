"""An anonymous basket goes into a user's, in two steps, three where it is refused.

HandOver: the anonymous basket gives its lines away. TakeOver: the user's takes them and answers with a report. If it
cannot, TakeBack: the anonymous basket has its lines again and answers with the refusal, so that whoever hears it finds
both baskets as they were.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from agents.basket.anonymous import NO_BASKET
from agents.basket.limits import MAX_LINES, too_much
from topics.contracts.basket_commands import HandOver, TakeBack, TakeOver
from topics.contracts.basket_events import Event, HandedOver, Kept, Life, Line, TakenBack, TakenOver, TakeOverRefused
from topics.deciding.decision import Decision, accept, hand_on, reject
from topics.documents.anonymous import Lost, MergeConflict, MergeReport
from topics.messages.ids import is_anonymous
from topics.values.fields import MAX_QUANTITY

Lines = Mapping[str, Line]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What a user's basket refused last: a second request of the same merge may be under way already."""

    anonymous_id: str
    code: str
    detail: str


def hand_over(command: HandOver, lines: Lines, life: Life | None, handed_to: str | None) -> Decision[Event]:
    """handed_to: clients merge twice; the second one has nothing to give and gets a report of the user's basket."""
    known = life is not None or handed_to == command.user_id
    if not known or is_anonymous(command.user_id):
        return reject("not_found", NO_BASKET)
    return hand_on(
        HandedOver(user_id=command.user_id, strategy=command.strategy, lines=tuple(lines.values()), life=life)
    )


def take_over(command: TakeOver, lines: Lines, refused: Refused | None) -> Decision[Event]:
    """An empty anonymous basket changes nothing, whatever the strategy: it would take away what the user has."""
    if command.life is None and refused is not None and refused.anonymous_id == command.anonymous_id:
        return refuse(command, refused.code, refused.detail)
    if not command.lines:
        return accept(answer=_report("There was nothing to merge.", len(lines), 0))
    if command.strategy == "replace":
        given = {line.meal_id: line for line in command.lines}
        return _taken(
            command, command.lines, len(given), [_replaced(mine, given.get(mine.meal_id)) for mine in lines.values()]
        )
    restaurants = {line.restaurant_id for line in (*lines.values(), *command.lines)}
    if len(restaurants) > 1:
        return refuse(command, "different_restaurant", "the two baskets hold items of a different restaurant")
    together = len(lines.keys() | {line.meal_id for line in command.lines})
    if together > MAX_LINES:
        return refuse(command, "basket_full", f"a basket holds {MAX_LINES} different meals at most")
    merged = tuple(_added(lines.get(line.meal_id), line) for line in command.lines)
    taken = {line.meal_id for line in merged}
    kept = (line for line in lines.values() if line.meal_id not in taken)
    if (why := too_much((*kept, *merged))) is not None:
        return refuse(command, why.code, why.detail)
    conflicts = [
        _conflict(theirs, now, theirs.quantity + lines[now.meal_id].quantity)
        for theirs, now in zip(command.lines, merged, strict=True)
        if now.meal_id in lines
    ]
    return _taken(command, merged, together, conflicts)


def _added(mine: Line | None, theirs: Line) -> Line:
    """The user's own note, date and options win."""
    if mine is None:
        return theirs
    return replace(
        mine,
        quantity=min(MAX_QUANTITY, mine.quantity + theirs.quantity),
        note=mine.note or theirs.note,
        schedule_date=mine.schedule_date or theirs.schedule_date,
    )


def _replaced(mine: Line, theirs: Line | None) -> MergeConflict:
    """A line of the user's that has to go. theirs: that of the same meal, which takes its place."""
    if theirs is None:
        return MergeConflict(meal_id=mine.meal_id, name=mine.name, quantity=0, lost=("line",))
    return _conflict(mine, theirs, mine.quantity)


def _conflict(gone: Line, now: Line, wanted: int) -> MergeConflict:
    """gone: the line that was given up for `now`. wanted: the quantity that nothing would be lost of."""
    lost: list[Lost] = ["quantity"] if now.quantity < wanted else []
    if gone.note and gone.note != now.note:
        lost.append("note")
    if gone.schedule_date and gone.schedule_date != now.schedule_date:
        lost.append("schedule_date")
    if gone.options and gone.options != now.options:
        lost.append("options")
    return MergeConflict(meal_id=now.meal_id, name=now.name, quantity=now.quantity, lost=tuple(lost))


def _taken(
    command: TakeOver, lines: tuple[Line, ...], together: int, conflicts: Sequence[MergeConflict]
) -> Decision[Event]:
    report = _report("The baskets are one now.", together, len(command.lines), conflicts)
    return accept(TakenOver(lines=lines, strategy=command.strategy), answer=report)


def _report(message: str, together: int, merged: int, conflicts: Sequence[MergeConflict] = ()) -> MergeReport:
    return MergeReport(
        message=message,
        user_cart_items=together,
        merged_items_count=merged,
        conflicts_resolved=len(conflicts),
        conflicts=tuple(conflicts),
    )


def refuse(command: TakeOver, code: str, detail: str) -> Decision[Event]:
    return hand_on(
        TakeOverRefused(
            anonymous_id=command.anonymous_id, lines=command.lines, life=command.life, code=code, detail=detail
        )
    )


def take_back(command: TakeBack, lines: Lines, life: Life | None) -> Decision[Event]:
    """What was put into the anonymous basket since then stays as it is, as after a refused order."""
    here = {line.restaurant_id for line in lines.values()}
    fitting = [
        line for line in command.lines if line.meal_id not in lines and (not here or line.restaurant_id in here)
    ][: MAX_LINES - len(lines)]
    lived = command.life
    if not fitting or lived is None:
        return reject(command.code, command.detail)
    if life is not None:
        lived = replace(life, created_at=lived.created_at, expires_at=max(life.expires_at, lived.expires_at))
    return reject(command.code, command.detail, events=(TakenBack(lines=tuple(fitting)), Kept(life=lived)))
