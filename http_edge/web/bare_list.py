"""Lists that are kept as a document with one field: clients get the list alone."""

from collections.abc import Callable

from http_edge.routing.asked import Asked


def bare_list(field: str) -> Callable[[bytes, Asked], bytes]:
    """Shape: the list in `{"<field>":[…]}`. The document has this one field, so it is cut, not decoded."""
    before, after = len(f'{{"{field}":'), len("}")

    def cut(document: bytes, asked: Asked) -> bytes:
        return document[before:-after]

    return cut
