"""GET /operations/{id}: what became of a command that was answered 202. It belongs to its caller, others get 404."""

import asyncio
import contextlib
from typing import Any, Literal

import msgspec

from http_edge.routing.asked import Asked
from http_edge.wire.answer import Answer, of_json
from http_edge.wire.problems import not_found
from stores.errors import Unavailable
from topics import keys
from topics.messages.reply import DECODER, Reply

KEPT_SECONDS = 86_400
NOTE_SECONDS = 0.2


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """done: `result` is what the request would have answered. failed: code, detail and message say why, and more what else
    the error would have held."""

    operation_id: str
    status: Literal["pending", "done", "failed"]
    message: str
    result: Any = None
    code: str | None = None
    detail: str | None = None
    more: dict[str, Any] | None = None


def pending(operation_id: str) -> dict[str, str]:
    return {"operation_id": operation_id, "status": "pending", "message": "This is being done."}


async def note_owner(asked: Asked) -> None:
    """Whose operation it is, until the reply says it too. Best effort."""
    if asked.caller is not None:
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(NOTE_SECONDS):
                await asked.edge.reads.put(keys.operation_owner(asked.command_id), asked.caller.id, KEPT_SECONDS)


async def show(asked: Asked) -> Answer:
    """Raises Problem 404 for operations of others; Unavailable where Redis is away. What a user has done in the name of an
    anonymous basket is the basket's by the reply, and the user's by the note that was made with the 202."""
    operation_id = asked.parameters["id"]
    stored, owner = await asked.edge.reads.get((keys.reply(operation_id), keys.operation_owner(operation_id)))
    noted = owner is not None and owner.decode() == asked.me
    if stored is not None:
        reply = DECODER.decode(stored)
        if noted or reply.caller == asked.me:
            return of_json(_outcome(reply))
    elif noted:
        return of_json(pending(operation_id))
    raise not_found("There is no such operation of yours.")


def _outcome(reply: Reply) -> Operation:
    if reply.status == "done":
        # what is sealed holds tokens: never shown here
        result = msgspec.Raw(bytes(reply.body)) if bytes(reply.body) else msgspec.UNSET
        return Operation(operation_id=reply.operation_id, status="done", message="This is done.", result=result)
    detail = reply.detail or "This was not possible."
    return Operation(
        operation_id=reply.operation_id, status="failed", message=detail, detail=detail, code=reply.code or "refused",
        more=reply.more,
    )  # fmt: skip
