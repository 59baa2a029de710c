"""Menu files, CSV or JSON: what each row says of which meal, and what is wrong with it.

A row that is wrong is refused alone. Only a file that cannot be read at all is refused as a whole.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Meta

from http_edge.commands.bodies import value_of
from http_edge.web.browse import menu_csv
from http_edge.wire.problems import Problem, invalid
from topics.contracts.catalog_commands import SaidMeal
from topics.contracts.menu_commands import MOST_ROWS, ROW_BYTES, FileRow, RowFault
from topics.messages.ids import derive
from topics.values.faults import Fault, Invalid
from topics.values.fields import Id
from topics.values.folding import fold
from topics.values.validation import Validator

FILE_BYTES = 4 * 1024 * 1024
MOST_FAULTS = 5
"""Of a row, that are told."""
_WHY, _FIELD = 200, 100  # characters of a fault
_MOST_READ = 8 * ROW_BYTES  # of a row as a JSON file has it, with spaces and escapes

Format = Literal["csv", "json"]


class MealInFile(SaidMeal, frozen=True, kw_only=True):
    """A row. id: of a meal that is on the menu. code: the owner's own name for the meal, by which it is the same in the next
    file; without one the name stands for it."""

    id: Id | None = None
    code: Annotated[str, Meta(max_length=64, extra={"form": "line"})] | None = None


class MealsInFile(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON file; the bare list is one, too."""

    meals: list[MealInFile]


class Row(NamedTuple):
    """row None: refused, with why."""

    row: FileRow | None
    faults: tuple[RowFault, ...] = ()


class MenuFile(NamedTuple):
    """rows: None for a line with nothing in it."""

    ignored: tuple[str, ...]
    rows: Iterator[Row | None]


_validator = Validator(MealInFile)
_items = msgspec.json.Decoder(list[msgspec.Raw])


class _Whole(msgspec.Struct, frozen=True):
    meals: list[msgspec.Raw]


class _Owner(msgspec.Struct, frozen=True):
    user_id: Any = None


_whole, _owner = msgspec.json.Decoder(_Whole), msgspec.json.Decoder(_Owner)
_MOST_COMMAS = 100 * MOST_ROWS  # a list is decoded before its rows are counted, and two million zeros take 0.4 s


def read(raw: bytes, restaurant_id: str, said: Format | None) -> MenuFile:
    """said: None where the file shows it. Raises Problem 400 and 422 where it is no menu file."""
    if not raw.strip():
        raise invalid("$", "a menu file is required", status=400)
    reading = _Reading(restaurant_id)
    if (said or _looks_like(raw)) == "json":
        return MenuFile((), _json_rows(_items_of(raw), reading))
    table = menu_csv.read(raw)
    return MenuFile(table.ignored, (None if each is None else _csv_row(each, reading) for each in table.records))


def owner_said(raw: bytes) -> Any:
    """The `user_id` that some clients send along in JSON; None where there is none."""
    try:
        return _owner.decode(raw).user_id if raw.lstrip()[:1] == b"{" else None
    except (msgspec.MsgspecError, RecursionError):
        return None


def _looks_like(raw: bytes) -> Format:
    return "json" if raw.lstrip()[:1] in (b"[", b"{") else "csv"


def _items_of(raw: bytes) -> list[msgspec.Raw]:
    if raw.count(b",") > _MOST_COMMAS:
        raise too_many()
    try:
        items = _whole.decode(raw).meals if raw.lstrip()[:1] == b"{" else _items.decode(raw)
    except msgspec.ValidationError:
        raise invalid("$", 'is no list of meals, and no {"meals": [...]}') from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("$", f"is no JSON: {error}"[:_WHY], status=400) from None
    if len(items) > MOST_ROWS:
        raise too_many()
    return items


def too_many() -> Problem:
    return Problem(422, "invalid_input", f"A menu file has at most {MOST_ROWS:,} rows.")


def _json_rows(items: list[msgspec.Raw], reading: "_Reading") -> Iterator[Row]:
    for place, item in enumerate(items, 1):
        yield _json_row(place, item, reading)


def _json_row(place: int, item: msgspec.Raw, reading: "_Reading") -> Row:
    said = bytes(item)
    if len(said) > _MOST_READ:
        return reading.refused(place, [Fault("$", f"has {len(said):,} bytes, {_MOST_READ:,} are read")])
    try:
        value = value_of(said)
    except Problem as problem:
        return reading.refused(place, [Fault(each.field, each.why) for each in problem.errors])
    if not isinstance(value, Mapping):
        return reading.refused(place, [Fault("$", "an object is needed")])
    return reading.row(place, cast(Mapping[str, Any], value), [])


def _csv_row(record: menu_csv.Record, reading: "_Reading") -> Row:
    if record.cells is None:
        return reading.refused(record.line, [Fault("$", record.why)])
    said, faults = dict[str, Any](), list[Fault]()
    for column, cell in record.cells.items():
        try:
            value = READ[column](menu_csv.plain(cell))
        except ValueError as error:
            faults.append(Fault(column, str(error)))
            continue
        if value is not None:
            said[column] = value
    return reading.row(record.line, said, faults)


def _options(cell: str) -> Any:
    """They are JSON in their cell, as in a JSON file."""
    if not cell.strip():
        return []
    try:
        return value_of(cell.encode())
    except Problem as problem:
        raise ValueError(problem.detail) from None


def _unless_empty(read_cell: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda cell: read_cell(cell) if cell.strip() else None


READ: Mapping[str, Callable[[str], Any]] = {
    "id": _unless_empty(str.strip),
    "code": _unless_empty(str.strip),
    "name": str,
    "price": menu_csv.amount,
    "description": str,
    "isAvailable": _unless_empty(menu_csv.yes_or_no),
    "image_url": str.strip,
    "cuisine": str,
    "complementary_ids": menu_csv.listed,
    "options": _options,
    "allergens": menu_csv.listed,
    "diets": menu_csv.listed,
}
"""Column → what a cell says. None: nothing, so it stays as it is; other columns are emptied by an empty cell."""


class _Reading:
    """Which meals a file has named so far."""

    def __init__(self, restaurant_id: str) -> None:
        self._restaurant_id = restaurant_id
        self._lines: dict[str, int] = {}

    def row(self, line: int, said: Mapping[str, Any], faults: list[Fault]) -> Row:
        """faults: of what is not in `said`."""
        known = {fault.field for fault in faults}
        try:
            meal = _validator.validated(said)
        except Invalid as refused:
            return self.refused(line, [*faults, *(fault for fault in refused.faults if fault.field not in known)])
        if faults:
            return self.refused(line, faults)
        return self._named(line, meal)

    def _named(self, line: int, meal: MealInFile) -> Row:
        meal_id = meal.id or derive(self._restaurant_id, f"menu {_own_name(meal)}")
        before = self._lines.setdefault(meal_id, line)
        if before != line:
            return self.refused(line, [Fault("$", f"is the same meal as line {before}")])
        said = SaidMeal(**{name: getattr(meal, name) for name in SaidMeal.__struct_fields__})
        row = FileRow(line=line, meal_id=meal_id, known=meal.id is not None, said=said)
        if (size := len(msgspec.json.encode(row))) > ROW_BYTES:
            return self.refused(line, [Fault("$", f"has {size:,} bytes, {ROW_BYTES:,} are allowed")])
        return Row(row)

    def refused(self, line: int, faults: list[Fault]) -> Row:
        return Row(None, tuple(fault_of(line, fault) for fault in faults[:MOST_FAULTS]))


def fault_of(line: int, fault: Fault) -> RowFault:
    return RowFault(line=line, field="" if fault.field == "$" else fault.field[:_FIELD], why=fault.why[:_WHY])


def _own_name(meal: MealInFile) -> str:
    return f"code {meal.code}" if meal.code else f"name {fold(meal.name)}"
