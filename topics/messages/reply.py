"""The answer to a command, as it travels from a domain to the edge through Redis."""

from typing import Annotated, Any, Literal

import msgspec

TOO_LATE = frozenset({"expired", "withdrawn", "erased"})
"""Rejection codes of commands that never took effect. erased: the account of a registration went a moment before; the next try
finds the address free."""

NOTHING = msgspec.Raw()  # this very object is left out of the JSON; msgspec has no optional Raw


class Wrote(msgspec.Struct, frozen=True, array_like=True):
    """One write of a flow: reads of the same caller wait until the views show it."""

    domain: str
    aggregate_id: str
    version: Annotated[int, msgspec.Meta(ge=1)]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is left of a reply once it is no longer kept: `GET /operations/{id}` tells it."""

    status: Literal["done", "failed"]
    code: str | None = None
    detail: str | None = None

    def line(self) -> bytes:
        """Short, and on one line, as JSON always is."""
        detail = None if self.detail is None else self.detail[:_LONGEST_DETAIL]
        return msgspec.json.encode(Outcome(status=self.status, code=self.code, detail=detail))


_LONGEST_DETAIL = 200  # characters


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """done: `body` is the answer's JSON (empty: nothing to say), or `sealed` holds it for one edge process.

    failed: code, detail, field say why, more holds further members of the error. fingerprint: of the request that first used
    the idempotency key. caller: whose operation it is.
    """

    operation_id: str
    status: Literal["done", "failed"]
    body: msgspec.Raw = NOTHING
    sealed: str | None = None
    code: str | None = None
    detail: str | None = None
    field: str | None = None
    more: dict[str, Any] | None = None
    wrote: tuple[Wrote, ...] = ()
    caller: str | None = None
    fingerprint: str | None = None


OUTCOME: msgspec.json.Decoder[Outcome] = msgspec.json.Decoder(Outcome)
DECODER: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
