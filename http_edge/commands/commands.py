"""Command routes: request → message → Kafka → reply → answer, as a plain REST call would answer."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from inspect import isawaitable
from typing import Any, NoReturn

import msgspec
import nacl.exceptions
import nacl.public

from http_edge.commands.delivery import REPLY_SECONDS, Late, deliver, headers_of, not_taken, seconds_left
from http_edge.commands.idempotency import (
    attempts,
    check_same_request,
    fingerprint,
    lookup_keys,
    next_id,
    standing,
)
from http_edge.commands.operations import note_operation, pending
from http_edge.commands.seen import Seen
from http_edge.reads import own_writes
from http_edge.reads.views import named
from http_edge.routing.asked import Asked
from http_edge.routing.guard import check_denied, check_user_id, deny_keys
from http_edge.routing.routes import PUBLIC, CommandRow, ViewOf
from http_edge.wire.answer import NO_CONTENT, Answer, of_json
from http_edge.wire.problems import FieldError, Problem, invalid, unavailable
from stores.errors import Unavailable
from topics.deciding.discounting import UNKNOWN
from topics.messages import ids
from topics.messages.message import Message, field_error
from topics.messages.reply import TOO_LATE, Reply

Handler = Callable[[Asked], Awaitable[Answer]]

AGAIN_SECONDS = 1.0  # that must be left of the time for a reply for a command to be sent a second time
STATUS_OF = {"not_found": 404, "invalid_input": 422}
"""Rejection codes that mean the same on every route; any other is a conflict with the state of things."""


def handler(row: CommandRow) -> Handler:
    """The row's handler. It raises Problem, and Unavailable where Redis is away."""

    seen = Seen(row)

    async def run(asked: Asked) -> Answer:
        earlier_reply = await _identify(row, asked, seen)
        request = fingerprint(asked.edge.keys.fingerprint, asked) if asked.idempotency_key else None
        if earlier_reply is not None:
            return await _answer(row, asked, earlier_reply, request)
        if row.few_a_minute:
            asked.edge.pace.take(asked.address)
        async with _turn(row, asked) as turn:
            _check_refused(row, asked)
            message, reply = await _send(row, asked, request, turn)
        if reply is None:
            return await _answer_later(row, asked, message)
        return await _answer(row, asked, reply, request)

    return run if not row.no_sooner else _no_sooner(row.no_sooner, run)


async def _send(row: CommandRow, asked: Asked, request: str | None, turn: int | None) -> tuple[Message, Reply | None]:
    """The command, and its reply as deliver() gives it. Raises Problem 503.

    A command that was appended too late, though it was sent in time, says that the broker's clock is another one than the edge
    thought; the edge knows it now, and sends the command once more, with another id.

    request: its fingerprint. turn: of a row that hashes. Each turn has its partition, so that no command under way waits for
    another one's hash.
    """
    topic = row.hashed_on or row.topic
    partition = None if turn is None else turn % topic.partitions
    for again in (False, True):
        message = await _message(row, asked)
        key = await named(row.key, asked)
        header = headers_of(asked, type(message), key, request)
        try:
            body, may_be_late = topic.encode(message), not row.tokens
            reply = await deliver(asked, topic.name, key, header, body, may_be_late=may_be_late, partition=partition)
            _note_refusal(row, asked, reply)
            if row.on_reply is not None and reply is not None:
                await row.on_reply(asked, key, reply)
            return message, reply
        except Late:
            if again or seconds_left(asked, REPLY_SECONDS) < AGAIN_SECONDS:
                break
            asked.command_id = next_id(asked)
    raise not_taken()


async def send_before(row: CommandRow, asked: Asked, key: str, message: Message) -> Reply | None:
    """Sends another command on the row's topic before the row's own one. To be called by the row's `make`. It has two seconds
    of its own, and the row's command has two seconds from then on.

    The reply. None: it takes effect, and there is no reply yet. Raises Problem if it is refused, and 503 if it takes no effect.
    An Idempotency-Key counts for the row's own command: this one is sent again by a repeated request.
    """
    loop = asyncio.get_running_loop()
    for again in (False, True):
        one = replace(asked, command_id=ids.fresh(), idempotency_key=None, at=loop.time())
        header = headers_of(one, type(message), key, None)
        try:
            reply = await deliver(one, row.topic.name, key, header, row.topic.encode(message))
        except Late:
            if again:
                break
            continue
        _note_refusal(row, asked, reply)
        if reply is not None and reply.status == "failed":
            _refuse(row, reply)
        asked.at = loop.time()
        return reply
    raise not_taken()


def _turn(row: CommandRow, asked: Asked) -> AbstractAsyncContextManager[int | None]:
    """To be held while the command is under way: it waits until the client may have one more. Gives the number of the turn, of
    a row that hashes. Raises Problem 429 and 503."""
    if row.hashed_on:
        return asked.edge.turns.turn(asked.address)
    return asked.edge.abreast.turn(_client(row, asked), row.pause_factor)


def _check_refused(row: CommandRow, asked: Asked) -> None:
    """Whether the client has had too many refusals. Asked when the turn of the command has come, since those that it waited for
    may have been refused meanwhile. Raises Problem 429."""
    asked.edge.refusals.check(_client(row, asked))
    if row.coupon_code is not None and row.coupon_code(asked):
        asked.edge.wrong_codes.check(asked.address)


def _client(row: CommandRow, asked: Asked) -> str:
    """For whom a command counts that is under way or refused: the user, or on a public route the address together with the
    route. So a neighbour who guesses passwords on one route does not stop refreshes on another. Empty, and so not counted, for
    a trusted proxy and the payment provider."""
    if row.signed:
        return ""
    if row.who is not PUBLIC and asked.caller is not None:
        return asked.caller.id
    return asked.address and f"{asked.address} {row.name}"


def _note_refusal(row: CommandRow, asked: Asked, reply: Reply | None) -> None:
    """Counts a refusal for the client: see http_edge/routing/pace.py."""
    if reply is not None and reply.status == "failed" and reply.code not in TOO_LATE:
        asked.edge.refusals.note(_client(row, asked))
        if reply.code == UNKNOWN.code:
            asked.edge.wrong_codes.note(asked.address)


def _no_sooner(seconds: float, run: Handler) -> Handler:
    """Holds answers back until `seconds` after the request. Not errors: they do not depend on who is registered."""

    async def held(asked: Asked) -> Answer:
        answer = await run(asked)
        await asyncio.sleep(asked.at + seconds - asyncio.get_running_loop().time())
        return answer

    return held


async def _identify(row: CommandRow, asked: Asked, seen: Seen) -> Reply | None:
    """Checks that the caller is not logged out, and sets asked.command_id and asked.after. Returns the reply if an earlier
    request with the same Idempotency-Key has one.

    All of it with one MGET, but for what a row looks up to know which documents its caller has seen.
    """
    if asked.caller is not None:
        check_user_id(asked, asked.query.get("user_id"))
    denied = list(deny_keys(asked.caller)) if asked.caller is not None and row.who is not PUBLIC else []
    tries = attempts(asked) if asked.idempotency_key is not None else []
    documents = await seen.documents(asked)
    places = seen.places(asked, documents)
    wanted = [*denied, *places, *lookup_keys(tries)]
    values = await asked.edge.reads.get(wanted) if wanted else []
    if denied:
        check_denied(values[0], values[1])
    rest = len(denied) + len(places)
    asked.after = seen.header(asked, documents, values[len(denied) : rest])
    if not tries:
        asked.command_id = ids.fresh()
        return None
    asked.command_id, reply = standing(tries, values[rest:])
    return reply


async def _message(row: CommandRow, asked: Asked) -> Message:
    made = made_of(row, asked)
    return await made if isawaitable(made) else made


def made_of(row: CommandRow, asked: Asked) -> Message | Awaitable[Message]:
    """The message of the request. Raises Problem 422, and what the row's `make` raises."""
    if row.make is not None:
        return row.make(asked)
    if isinstance(asked.body, row.message):
        return asked.body
    fields = {} if asked.body is None else msgspec.structs.asdict(asked.body)
    try:
        return msgspec.convert({**fields, **asked.parameters}, row.message)
    except msgspec.ValidationError as error:
        refused = field_error(error)
        raise invalid(refused.field, refused.why) from None


async def _answer_later(row: CommandRow, asked: Asked, message: Message) -> Answer:
    """202, for a command that takes effect and has no reply yet. Raises Problem 503 if nobody could have the answer later."""
    if row.tokens:
        # Nobody could open the reply later: it is sealed. Whoever asks again gets tokens of their own.
        raise unavailable("answer_late", "This takes longer than usual, please try again.")
    extra = await _estimate(row, asked, message)
    # /operations needs a token, and on a public route the client may have none
    location = None if asked.caller is None else {"Location": f"/operations/{asked.command_id}"}
    return of_json({**extra, **pending(asked.command_id)}, 202, location)


async def _estimate(row: CommandRow, asked: Asked, message: Message) -> Mapping[str, Any]:
    """More fields for the 202, empty if they cannot be had. An error must not become a 503: the command takes effect."""
    if row.estimate is None:
        return {}
    try:
        return await row.estimate(asked, message)
    except (Unavailable, Problem):
        return {}


async def _answer(row: CommandRow, asked: Asked, reply: Reply, request: str | None) -> Answer:
    """The answer that the reply leads to. Raises Problem for a refusal. request: its fingerprint."""
    check_same_request(reply, request)
    is_shown = row.waits_for_view is None or await _is_shown(row.waits_for_view, asked, reply)
    if reply.status == "failed":
        _refuse(row, reply)
    body = _opened(asked, reply.sealed) if reply.sealed is not None else bytes(reply.body)
    if not is_shown and row.must_be_shown:
        return await _done_and_not_shown(asked, reply)
    if row.success == NO_CONTENT:
        return Answer(b"", NO_CONTENT, "")
    if row.shape_reply is not None:
        try:
            body = await row.shape_reply(asked, body)
        except (Unavailable, Problem, msgspec.MsgspecError):
            return await _done_and_not_shown(asked, reply)
    return Answer(body or b"null", row.success)


async def _done_and_not_shown(asked: Asked, reply: Reply) -> Answer:
    """202, since a 503 would say that nothing was done."""
    await note_operation(asked, reply)
    return of_json(pending(asked.command_id), 202, {"Location": f"/operations/{asked.command_id}"})


def _refuse(row: CommandRow, reply: Reply) -> NoReturn:
    """Raises the Problem that the refusal becomes."""
    code, detail = reply.code or "refused", reply.detail or "This is not possible."
    if code in TOO_LATE:
        raise unavailable("not_taken", "This could not be done in time and has not been done, please try again.")
    status = row.refusals.get(code) or STATUS_OF.get(code, 409)
    errors = (FieldError(reply.field, detail),) if reply.field else ()
    if errors and code == "invalid_input":
        # Clients may show the detail alone. It names the field, as in the refusals of the edge itself.
        detail = f"{reply.field}: {detail}"
    raise Problem(status, code, detail, errors=errors, more=reply.more)


def _opened(asked: Asked, sealed: str) -> bytes:
    """Raises Problem 409 if it is sealed to another process, or to this one before a restart: a repeated request has come
    here."""
    try:
        return nacl.public.SealedBox(asked.edge.seal).decrypt(base64.b64decode(sealed))
    except (nacl.exceptions.CryptoError, ValueError):
        raise Problem(409, "answer_gone", "This was done before, its answer cannot be read again. Log in.") from None


async def _is_shown(view: ViewOf, asked: Asked, reply: Reply) -> bool:
    """Waits until the view shows what the command wrote, as long as a read would. False: it does not show it yet."""
    wanted = {wrote.aggregate_id: wrote.version for wrote in reply.wrote if wrote.domain == view.domain}
    try:
        return not wanted or await own_writes.wait(asked.edge.reads, view.name, wanted)
    except Unavailable:
        return False
