"""The caller's address book. The view holds it as one document, out of which single addresses are given."""

import msgspec

from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, Nothing, command, shown, view
from http_edge.web.bare_list import bare_list
from topics.contracts.address_commands import TOPIC, AddAddress, RemoveAddress, ReplaceAddress
from topics.documents import Done
from topics.documents.account import UserAddress

ADDRESS = shown("address", "address")


class _Book(msgspec.Struct):
    addresses: list[msgspec.Raw]


class _Named(msgspec.Struct):
    id: str


_book = msgspec.json.Decoder(_Book)
_named = msgspec.json.Decoder(_Named)


def one(document: bytes, asked: Asked) -> bytes | None:
    """The address that the path names."""
    wanted = asked.parameters["address_id"]
    return next((bytes(each) for each in _book.decode(document).addresses if _named.decode(each).id == wanted), None)


ROUTES = (
    command(
        "POST", "/addresses/", AddAddress, to=TOPIC, key=own, who=CUSTOMER, success=201, gives=UserAddress,
        answers={409: "address_book_full"},
        says="Add an address; the first one is the default in any case.",
    ),
    view(
        "/addresses/", ADDRESS, key=own, who=CUSTOMER, gives=list[UserAddress], absent=b"[]", shape=bare_list("addresses"),
        says="The caller's addresses, in the order in which they were added.",
    ),
    view(
        "/addresses/{address_id}", ADDRESS, key=own, shape=one, who=CUSTOMER, gives=UserAddress,
        says="One of the caller's addresses.",
    ),
    command(
        "PUT", "/addresses/{address_id}", ReplaceAddress, to=TOPIC, takes=AddAddress, key=own, who=CUSTOMER,
        gives=UserAddress,
        says="Replace an address by all of it as it is to be. The default stays the default until another one is.",
    ),
    command(
        "DELETE", "/addresses/{address_id}", RemoveAddress, to=TOPIC, takes=Nothing, key=own, who=CUSTOMER, gives=Done,
        says="Remove an address. Where it was the default, the oldest of the others is.",
    ),
)  # fmt: skip
