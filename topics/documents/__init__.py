"""What clients read: the JSON of view documents and answers. Projections and deciders make them, the edge shows them.

Times are RFC 3339 in UTC, amounts lira with two decimals, lists are never null. A module a room of the web gateway.
"""

import msgspec


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that has nothing to say but that it is done."""

    message: str
