"""GET /users/me/export: everything that the views show of the caller, in one file of theirs."""

import msgspec

from http_edge.reads import own_writes
from http_edge.reads.lists import joined, read_page
from http_edge.routing.asked import Asked, own
from http_edge.routing.pages import Pages
from http_edge.routing.paging import link_to
from http_edge.routing.routes import CUSTOMER, OwnRow, ViewOf
from http_edge.web.account.addresses import ADDRESS
from http_edge.web.account.favourites import FAVOURITES
from http_edge.web.account.user import PREFERENCES, USER
from http_edge.web.order.couriers import COURIER
from http_edge.web.order.orders import ORDER, mine
from http_edge.web.order.own_basket import BASKET
from http_edge.wire.amounts import lira_of
from http_edge.wire.answer import Answer
from stores.listed import Span
from topics import keys
from topics.contracts.user_events import Preferences
from topics.documents.account import AddressBook, Favourites, User
from topics.documents.courier import Courier
from topics.documents.order import Basket, Order

VIEWS = {
    "profile": USER, "preferences": PREFERENCES, "favourites": FAVOURITES, "addresses": ADDRESS, "basket": BASKET,
    "courier": COURIER,
}  # fmt: skip
_AS_A_FILE = {"Content-Disposition": 'attachment; filename="lezzet-export.json"'}


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Each part as its view's document, null where there is none. orders: the newest first. orders_complete: none follow
    them; else `Link` leads to the same file with those that do."""

    profile: User | None
    preferences: Preferences | None
    favourites: Favourites | None
    addresses: AddressBook | None
    courier: Courier | None
    basket: Basket | None
    orders_complete: bool
    orders: list[Order]


async def show(asked: Asked) -> Answer:
    """Raises Problem 503."""
    me, reads = own(asked), asked.edge.reads
    await own_writes.require_all(reads, me, (*VIEWS.values(), ORDER))
    shown = await reads.get([keys.document(view.name, _name(view, me)) for view in VIEWS.values()])
    parts = {name: _document(value) for name, value in zip(VIEWS, shown, strict=True)}
    page = await read_page(asked, Span("", ORDER.name, newest_first=True), mine(asked), _order)
    said = _in_lira(msgspec.json.encode({**parts, "orders_complete": page.following is None}))
    headers = _AS_A_FILE | ({} if page.following is None else link_to(EXPORT, asked, page.following))
    return joined(said[:-1] + b',"orders":[', page.items, b"]}", headers)


def _name(view: ViewOf, user_id: str) -> str:
    """Of the caller's document."""
    return keys.courier(user_id) if view is COURIER else user_id


def _order(document: bytes, member: str, asked: Asked) -> bytes:
    return _in_lira(document)


def _document(value: bytes | None) -> msgspec.Raw | None:
    body = b"" if value is None else keys.split(value)[1]
    return msgspec.Raw(body) if body else None


_in_lira = lira_of(Export)

EXPORT = OwnRow(
    method="GET", path="/users/me/export", who=CUSTOMER, gives=Export, handle=show, reads=(*VIEWS.values(), ORDER),
    pages=Pages(default=1_000, most=1_000),
    says="All that is kept of the caller and shown to them, as one file; the orders page by page.",
)  # fmt: skip

ROUTES = (EXPORT,)
