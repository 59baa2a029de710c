"""What clients read: the JSON of view documents and answers. Projections and deciders make them, the edge shows them.

Times are RFC 3339 in UTC, amounts kuruş, lists are never null. The modules are named like
the packages of the gateway that show them (http_edge/web/account, browse, order).
"""

import msgspec


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that has nothing to say but that it is done."""

    message: str
