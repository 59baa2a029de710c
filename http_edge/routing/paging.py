"""How clients ask for a page of a list, with `limit` and `cursor`, and are told of the next one, with `Link`.

A cursor is opaque to clients. It holds the place of the last item that its client has, and a check sum under a key of the
deployment, over that place and over the list: its route, the parameters of its path, its filters, and the caller where the
list is theirs. So a cursor is good for the list that gave it and for no other, at every edge of the deployment.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from http_edge.routing.asked import Asked
from http_edge.routing.pages import Page, Pages, Start
from http_edge.routing.routes import PARAMETER, PUBLIC, AnyRow
from topics.values.faults import Fault, Invalid
from topics.values.validation import Validator

LIMIT, CURSOR = "limit", "cursor"
LONGEST = 1024
"""Characters of a cursor. Ours are shorter: a member of an index has two ids at most."""
_SUM_BYTES = 16

_NOT_OURS = "is no cursor of this list: take the one of the `Link` to the next page as it is"

_start = msgspec.json.Decoder(Start)


def with_pages(asks: type[msgspec.Struct], pages: Pages) -> type[msgspec.Struct]:
    """The query of a list: that of its row, and `limit` and `cursor`."""
    limit = (LIMIT, Annotated[int, Meta(ge=1, le=pages.most)], pages.default)
    cursor = (CURSOR, Annotated[str, Meta(max_length=LONGEST)], "")
    return msgspec.defstruct(f"{asks.__name__}Page", [limit, cursor], bases=(asks,), frozen=True, kw_only=True)


class Query:
    """The query of a row with all its faults at once."""

    def __init__(self, row: AnyRow) -> None:
        self._row = row
        self._validator = Validator(query_of(row), texts=True)

    def read(self, asked: Asked) -> None:
        """Sets `asks` and `page` of the request; forms send what nobody filled in as empty. Raises Invalid."""
        said = {name: value for name, value in asked.query.items() if value}
        faults, start = list[Fault](), None
        cursor = said.get(CURSOR) if self._row.pages is not None else None
        if cursor:
            try:
                start = _read(self._row, asked, cursor)
            except ValueError:
                faults.append(Fault(CURSOR, _NOT_OURS))
        try:
            asked.asks = self._validator.validated(said)
        except Invalid as refused:
            known = {fault.field for fault in faults}
            faults += [fault for fault in refused.faults if fault.field not in known]
        if faults:
            raise Invalid(faults)
        if self._row.pages is not None:
            asked.page = Page(asked.asks.limit, start)


def query_of(row: AnyRow) -> type[msgspec.Struct]:
    return row.asks if row.pages is None else with_pages(row.asks, row.pages)


def link_to(row: AnyRow, asked: Asked, following: Start) -> dict[str, str]:
    """Headers that lead to the next page, which begins at `following`."""
    path = PARAMETER.sub(lambda name: quote(asked.parameters[name[1]], safe=""), row.path)
    named = _filters(row, asked.query)
    if asked.query.get(LIMIT):
        named[LIMIT] = str(_page(asked).limit)
    query = urlencode({**named, CURSOR: _written(row, asked, following)})
    return {"Link": f'<{path}?{query}>; rel="next"'}


def _page(asked: Asked) -> Page:
    assert asked.page is not None, "the row has no pages"
    return asked.page


def _written(row: AnyRow, asked: Asked, start: Start) -> str:
    said = msgspec.json.encode(start)
    return base64.urlsafe_b64encode(_sum(row, asked, said) + said).decode().rstrip("=")


def _read(row: AnyRow, asked: Asked, cursor: str) -> Start:
    """Raises ValueError for a cursor that this list did not give."""
    try:
        whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(cursor) from error
    sum_, said = whole[:_SUM_BYTES], whole[_SUM_BYTES:]
    if not hmac.compare_digest(sum_, _sum(row, asked, said)):
        raise ValueError(cursor)
    try:
        return _start.decode(said)
    except msgspec.DecodeError as error:  # of a release that wrote another form
        raise ValueError(cursor) from error


def _sum(row: AnyRow, asked: Asked, said: bytes) -> bytes:
    whose = asked.me if row.who is not PUBLIC else ""
    of = msgspec.json.encode([row.name, asked.parameters, whose, _filters(row, asked.query)], order="sorted")
    return hmac.digest(asked.edge.keys.fingerprint, b"cursor\n" + of + b"\n" + said, "sha256")[:_SUM_BYTES]


def _filters(row: AnyRow, query: Mapping[str, str]) -> dict[str, str]:
    """What the client filled in of the row's own query."""
    names = (field.encode_name for field in msgspec.structs.fields(row.asks))
    return {name: query[name] for name in names if query.get(name)}
