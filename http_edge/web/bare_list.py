"""Lists that are kept as one field of a document: clients get the list alone."""

from collections.abc import Callable

import msgspec

from http_edge.routing.asked import Asked

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def bare_list(field: str) -> Callable[[bytes, Asked], bytes]:
    """Shape: the list in `{"<field>":[…], …}` as it stands there, wherever it stands. Other fields are not shown."""

    def shape(document: bytes, asked: Asked) -> bytes:
        return bytes(_fields.decode(document)[field])

    return shape
