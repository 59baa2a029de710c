"""docs/limits.md says what the code says."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from topics.deciding.seats import Seats

PAGE = Path(__file__).resolve().parents[2] / "docs" / "limits.md"
ROW = re.compile(r"^\| ([^|]+) \| ([\d,]+) \| [^|]+ \| `([\w.]+)\.(\w+)` \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE.read_text())


def bound(value: Any) -> float:
    """A number, seats, or a list type with a longest length."""
    if isinstance(value, Seats):
        return value.most
    return value if isinstance(value, int | float) else value.__metadata__[0].max_length


def test_every_row_of_the_table_is_understood():
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert len(ROWS) == len(lines) - 2


@pytest.mark.parametrize(("what", "said", "module", "name"), ROWS, ids=[row[0] for row in ROWS])
def test_the_bound_is_the_one_in_the_code(what: str, said: str, module: str, name: str):
    assert bound(getattr(import_module(module), name)) == int(said.replace(",", "")), what


def test_what_takes_seats_is_in_the_table():
    named = {f"{module}.{name}" for _, _, module, name in ROWS}
    folders = (PAGE.parents[1] / "agents").glob("*/limits.py")
    seats = {
        f"agents.{path.parent.name}.limits.{name}"
        for path in folders
        for name, value in vars(import_module(f"agents.{path.parent.name}.limits")).items()
        if isinstance(value, Seats)
    }
    assert seats and seats <= named
