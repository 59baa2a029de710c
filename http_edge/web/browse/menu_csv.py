"""CSV as spreadsheets write it, row by row.

Taken as they come: a byte order mark, UTF-8, UTF-16 or Windows-1254 (Excel in Turkey), comma, semicolon or tab, line breaks of
any system, also within quotes, decimal commas, formulas (as the text that they are). One broken row does not take the others
along.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import NamedTuple

from http_edge.wire.problems import Problem, invalid
from topics.values import forms
from topics.values.folding import fold
from topics.values.forms import NotInForm

COLUMNS: Mapping[str, Sequence[str]] = {
    "id": (),
    "code": ("kod",),
    "name": ("ad", "isim", "urun"),
    "price": ("fiyat",),
    "description": ("aciklama",),
    "isAvailable": ("available", "satista"),
    "image_url": ("resim", "gorsel"),
    "cuisine": ("mutfak",),
    "complementary_ids": ("yaninda",),
    "options": ("secenekler",),
    "allergens": ("alerjenler",),
    "diets": ("diyetler",),
}
"""Column → other names that a file may give it, folded. Case, accents and spaces do not count."""

MOST_LINES = 2_001
"""Of one row: a quote that is not closed by then was a mistake. As many as a description of 2,000 characters can have."""
FEW_LINES = 50
"""The same, once MOST_LONG rows of the file were given up after more lines than these: all those lines are read again."""
MOST_LONG = 20
MOST_CHARACTERS = 64 * 1024
"""Of one row as the file has it, so that a row takes some milliseconds whatever is in it."""
MOST_IGNORED = 20

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a cell that begins so for a formula. Before it stands an apostrophe in what we export. With `\r` goes
`\n`: that is what a reader of the file makes of it."""

_SEPARATORS = (",", ";", "\t")
_LONGEST_AMOUNT = 40  # characters
_NUMBER = re.compile(r"(\d{1,3}(?:[., ]\d{3})+|\d+)(?:([.,])(\d{1,2}))?", re.ASCII)
_LETTER = r"[^\W\d_]"
_CURRENCY = re.compile(rf"₺|\s*(?<!{_LETTER})(?:TL|TRY)(?!{_LETTER})\.?", re.IGNORECASE)
_TRUE, _FALSE = frozenset(("true", "1", "yes", "evet", "dogru")), frozenset(("false", "0", "no", "hayir", "yanlis"))


class Record(NamedTuple):
    """line: where it begins, from 1. cells: by column; None for a row that cannot be read, with why."""

    line: int
    cells: Mapping[str, str] | None
    why: str = ""


class Table(NamedTuple):
    """records: None for a line with nothing in it. ignored: names of columns that mean nothing here."""

    ignored: tuple[str, ...]
    records: Iterator[Record | None]


def read(raw: bytes) -> Table:
    """Raises Problem 422 where it is no table of meals."""
    text = _text(raw)
    first = text.lstrip("\r\n")[:2_000].splitlines()[:1]
    separator = _separator(first[0] if first else "")
    rows = _rows(_Lines(text), separator)
    header = next((row for row in rows if row is not None and not _says_separator(row)), None)
    if header is None or isinstance(header.cells, str):
        raise invalid("$", "the first line names no columns: name and price at least")
    names, ignored = _columns(header.cells)
    return Table(ignored, (_record(row, names) for row in rows))


class _Row(NamedTuple):
    """cells: why it cannot be read, where that is a text."""

    line: int
    cells: Sequence[str] | str


class _NoEnd(Exception):
    """A row has more lines than it may have."""


class _TooLong(Exception):
    """A row has more than MOST_CHARACTERS characters."""


class _Lines:
    """The lines of a text, for csv. line: number of the last one taken. long: rows given up after more than FEW_LINES."""

    def __init__(self, text: str) -> None:
        self._source = StringIO(text, newline=None)  # all line breaks become \n, also within quotes
        self._again = deque[str]()
        self._row = list[str]()
        self._size = 0
        self.line = 0
        self.long = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self._row) >= (MOST_LINES if self.long < MOST_LONG else FEW_LINES):
            raise _NoEnd
        line = self._again.popleft() if self._again else next(self._source)
        self._row.append(line)
        self.line += 1
        self._size += len(line)
        if self._size > MOST_CHARACTERS:
            raise _TooLong
        return line

    def begin(self) -> None:
        self._row.clear()
        self._size = 0

    def back(self) -> None:
        """To the second line of the row: only the first one is given up."""
        self.long += len(self._row) > FEW_LINES
        self._again.extendleft(reversed(self._row[1:]))
        self.line -= len(self._row) - 1


def _rows(lines: _Lines, separator: str) -> Iterator[_Row | None]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.begin()
        line = lines.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _NoEnd, _TooLong) as error:
            lines.back()
            reader = csv.reader(lines, delimiter=separator, strict=True)
            yield _Row(line, _why(error))
            continue
        yield _Row(line, cells) if any(cell.strip() for cell in cells) else None


def _why(error: Exception) -> str:
    if isinstance(error, _TooLong):
        return f"has more than {MOST_CHARACTERS:,} characters, or a quote is opened and not closed"
    endless = isinstance(error, _NoEnd) or "unexpected end" in str(error)
    return "a quote is opened and not closed" if endless else f"is no CSV: {error}"


def _text(raw: bytes) -> str:
    encodings = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1254")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            pass
    raise invalid("$", "is text neither in UTF-8 nor in UTF-16 or Windows-1254")


def _separator(line: str) -> str:
    if line.lower().startswith("sep=") and line[4:5] in _SEPARATORS:
        return line[4]
    return max(_SEPARATORS, key=line.count)


def _says_separator(row: _Row) -> bool:
    """Excel's own `sep=;` before the header."""
    return not isinstance(row.cells, str) and row.cells[0].lower().startswith("sep=")


_NAMED = {fold(name).replace("_", ""): column for column, others in COLUMNS.items() for name in (column, *others)}


def _columns(header: Sequence[str]) -> tuple[list[str | None], tuple[str, ...]]:
    """(the column of each cell, None for one that means nothing; the names of those). Raises Problem 422."""
    found = [_NAMED.get(re.sub(r"[\s_]", "", fold(cell))) for cell in header]
    for column in COLUMNS:
        if found.count(column) > 1:
            raise invalid(column, "there are two columns with this name")
    missing = [name for name in ("name", "price") if name not in found]
    if missing:
        raise Problem(422, "invalid_input", f"The file has no column {' and no column '.join(missing)}.")
    unknown = (cell for cell, column in zip(header, found, strict=True) if column is None and cell.strip())
    return found, tuple(map(_shown, unknown))[:MOST_IGNORED]


def _shown(name: str) -> str:
    try:
        return forms.line(name[:60])
    except NotInForm:
        return "?"


def _record(row: _Row | None, names: Sequence[str | None]) -> Record | None:
    if row is None:
        return None
    if isinstance(row.cells, str):
        return Record(row.line, None, row.cells)
    if any(cell.strip() for cell in row.cells[len(names) :]):
        return Record(row.line, None, f"has {len(row.cells)} cells, and there are {len(names)} columns")
    if any("\0" in cell for cell in row.cells):
        return Record(row.line, None, "NUL characters are not allowed")
    cells = (*row.cells, *[""] * (len(names) - len(row.cells)))
    return Record(row.line, {name: cell for name, cell in zip(names, cells, strict=False) if name is not None})


def plain(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking the cell for a formula."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell


def guarded(cell: str) -> str:
    """With it, where the cell needs it; plain() gives back the cell."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def amount(cell: str) -> float:
    """`245,50`, `245.50`, `1.245,50`, `₺ 90`, `90TL` → lira. Raises ValueError with what is wrong."""
    # a pattern that begins with spaces takes the square of their number
    said = _CURRENCY.sub("", cell).replace("\u00a0", " ").strip() if len(cell) <= _LONGEST_AMOUNT else ""
    found = _NUMBER.fullmatch(said)
    if found is None:
        raise ValueError("is no price such as 245,50")
    whole, point, minor = found[1], found[2], found[3]
    marks = set(re.sub(r"\d", "", whole))
    if len(marks) > 1 or (point is not None and point in marks):
        raise ValueError("is no price such as 1.245,50")
    if marks & {".", ","} and point is None and len(whole) < len("1.234.567"):
        raise ValueError(f"may be read in two ways: write {re.sub(r'[^0-9]', '', whole)} for the whole number")
    return float(f"{re.sub(r'[^0-9]', '', whole)}.{minor or '0'}")


def yes_or_no(cell: str) -> bool:
    """Raises ValueError with what is wrong."""
    said = fold(cell.strip())
    if said in _TRUE or said in _FALSE:
        return said in _TRUE
    raise ValueError("must be true or false")


def listed(cell: str) -> list[str]:
    return [part.strip() for part in re.split(r"[|,;]", cell) if part.strip()]
