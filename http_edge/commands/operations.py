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
from topics.messages.reply import DECODER, OUTCOME, Outcome, Reply

KEPT_SECONDS = 86_400  # that a note is kept
NOTE_SECONDS = 0.2  # for the write of a note


class Operation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """done: `result` is what the request would have answered, as long as that is kept: some minutes. failed: code, detail and
    message say why, and more, for these minutes, what else the error would have held."""

    operation_id: str
    status: Literal["pending", "done", "failed"]
    message: str
    result: Any = None
    code: str | None = None
    detail: str | None = None
    more: dict[str, Any] | None = None


def pending(operation_id: str) -> dict[str, str]:
    return {"operation_id": operation_id, "status": "pending", "message": "This is being done."}


async def note_operation(asked: Asked, reply: Reply | None = None) -> None:
    """Stores whose operation it is, and its outcome if there is a reply; otherwise whoever publishes the reply later adds the
    outcome (stores/redis/replies.py). If Redis does not answer, nothing is stored, and /operations will say 404."""
    if asked.caller is not None:
        became = "" if reply is None else f"\n{_outcome(reply).line().decode()}"
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(NOTE_SECONDS):
                await asked.edge.reads.put(keys.operation(asked.command_id), f"{asked.caller.id}{became}", KEPT_SECONDS)


async def show(asked: Asked) -> Answer:
    """Raises Problem 404 for operations of others, and Unavailable. The note and the reply may name two owners: where a user
    acts for an anonymous basket, the reply names the basket and the note the user. Both may ask."""
    operation_id = asked.parameters["id"]
    stored, noted = await asked.edge.reads.get((keys.reply(operation_id), keys.operation(operation_id)))
    owner, _, line = (noted or b"").decode().partition("\n")
    if stored is not None:
        reply = DECODER.decode(stored)
        if asked.me in (owner, reply.caller):
            return of_json(_told(operation_id, _outcome(reply), reply))
    elif owner == asked.me:
        return of_json(_told(operation_id, OUTCOME.decode(line), None) if line else pending(operation_id))
    raise not_found("There is no such operation of yours.")


def _outcome(reply: Reply) -> Outcome:
    return Outcome(status=reply.status, code=reply.code, detail=reply.detail)


def _told(operation_id: str, outcome: Outcome, reply: Reply | None) -> Operation:
    """reply: as long as it is kept."""
    if outcome.status == "done":
        # what is sealed holds tokens: never shown here
        body = b"" if reply is None else bytes(reply.body)
        result = msgspec.Raw(body) if body else msgspec.UNSET
        return Operation(operation_id=operation_id, status="done", message="This is done.", result=result)
    detail = outcome.detail or "This was not possible."
    return Operation(
        operation_id=operation_id, status="failed", message=detail, detail=detail, code=outcome.code or "refused",
        more=None if reply is None else reply.more,
    )  # fmt: skip
