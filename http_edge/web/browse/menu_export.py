"""A restaurant's menu as a file, in the form in which it can be imported again."""

import csv
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Literal

import msgspec

from http_edge.reads import own_writes
from http_edge.reads.lists import joined, read_page
from http_edge.routing.asked import Asked
from http_edge.routing.pages import Pages
from http_edge.routing.paging import link_to
from http_edge.routing.routes import PUBLIC, OwnRow
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.menu_csv import guarded
from http_edge.web.browse.menu_files import Format
from http_edge.wire.absolute import absolute
from http_edge.wire.amounts import Documents, lira_of
from http_edge.wire.answer import Answer
from stores.listed import Span
from topics import keys
from topics.contracts.menu_commands import MOST_ROWS
from topics.documents.browse import Meal
from topics.values.kurus import lira

Separator = Literal["comma", "semicolon"]
CSV = "text/csv; charset=utf-8"

_meal, _lira = Documents(Meal), lira_of(Meal)
_BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for another encoding


class ExportAsked(msgspec.Struct, frozen=True, kw_only=True):
    """separator: of CSV. With a semicolon prices have a decimal comma, as Excel in Turkey reads them."""

    format: Format = "json"
    separator: Separator = "comma"


async def _show(asked: Asked) -> Answer:
    """Raises Problem 503, and Unavailable."""
    if asked.caller is not None:
        await own_writes.require_all(asked.edge.reads, asked.me, (MEAL,))
    span, menu = Span("", MEAL.name), keys.menu(asked.parameters["restaurant_id"])
    as_csv = asked.asks.format == "csv"
    page = await read_page(asked, span, (menu,), _line if as_csv else _shown)
    headers = {"Content-Disposition": f'attachment; filename="menu.{asked.asks.format}"'}
    if page.following is not None:
        headers |= link_to(EXPORT, asked, page.following)
    if not as_csv:
        return joined(b"[", page.items, b"]", headers)
    first = meal_as_csv(None, asked.asks.separator)
    return joined(first, page.items, b"", headers, between=b"", content_type=CSV)


def _shown(document: bytes, member: str, asked: Asked) -> bytes:
    return absolute(_lira(document), asked.edge.origin)


def _line(document: bytes, member: str, asked: Asked) -> bytes:
    return meal_as_csv(_meal.decode(absolute(document, asked.edge.origin)), asked.asks.separator)


def meal_as_csv(meal: Meal | None, separator: Separator) -> bytes:
    """A line of the file; None: the first one, with the names of the columns."""
    cells = tuple(_CELLS) if meal is None else [guarded(cell(meal, separator)) for cell in _CELLS.values()]
    line = StringIO()
    csv.writer(line, delimiter="," if separator == "comma" else ";", lineterminator="\r\n").writerow(cells)
    return (b"" if meal is not None else _BOM) + line.getvalue().encode()


def _price(meal: Meal, separator: Separator) -> str:
    said = lira(meal.price)
    return said if separator == "comma" else said.replace(".", ",")


def _options(meal: Meal, separator: Separator) -> str:
    return _lira(msgspec.json.encode(meal.options)).decode() if meal.options else ""


def _text(name: str) -> Callable[[Meal, Separator], str]:
    return lambda meal, separator: getattr(meal, name)


def _list(name: str) -> Callable[[Meal, Separator], str]:
    return lambda meal, separator: "|".join(getattr(meal, name))


_CELLS: Mapping[str, Callable[[Meal, Separator], str]] = {
    "id": _text("id"),
    "name": _text("name"),
    "price": _price,
    "description": _text("description"),
    "isAvailable": lambda meal, separator: "true" if meal.is_available else "false",
    "image_url": _text("image_url"),
    "cuisine": _text("cuisine"),
    "complementary_ids": _list("complementary_ids"),
    "options": _options,
    "allergens": _list("allergens"),
    "diets": _list("diets"),
}
"""Column → what stands in its cell. `code` is not kept: the id says the same."""

EXPORT = OwnRow(
    method="GET", path="/meals/restaurant/{restaurant_id}/export", who=PUBLIC, gives=list[Meal], handle=_show, reads=(MEAL,),
    asks=ExportAsked, pages=Pages(default=MOST_ROWS, most=MOST_ROWS),
    says="A menu as a file, JSON or with `format=csv` a table (`text/csv`), with what is in the menu that all see. It can"
    " be imported again: rows name their meal by its id.",
)  # fmt: skip

ROUTES = (EXPORT,)
