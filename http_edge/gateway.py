"""One request from aiohttp to its row and back: the only wrapper there is, in place of a stack of middlewares."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from aiohttp.hdrs import ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, EXPECT, IF_NONE_MATCH
from aiohttp.web import BaseRequest
from multidict import istr

from http_edge.about.metrics import Metrics
from http_edge.commands import bodies, commands, uploads
from http_edge.commands.idempotency import check_key
from http_edge.commands.operations import Operation
from http_edge.reads import composed, lists, live, live_lists, views
from http_edge.routing import own_rows
from http_edge.routing.asked import Asked
from http_edge.routing.edge import Edge
from http_edge.routing.guard import caller_of, check_signed, check_user_id
from http_edge.routing.paging import Query, query_of
from http_edge.routing.router import Router
from http_edge.routing.routes import (
    AnyRow,
    CommandRow,
    ComposedRow,
    ListRow,
    LiveListRow,
    LiveRow,
    Nothing,
    OwnRow,
    ViewRow,
)
from http_edge.wire import cors, trace
from http_edge.wire.absolute import with_origin
from http_edge.wire.access_log import AccessLog
from http_edge.wire.amounts import Lira, lira_of, unchanged
from http_edge.wire.answer import Answer
from http_edge.wire.compression import Compression
from http_edge.wire.connection import Connection
from http_edge.wire.preferences import language_of
from http_edge.wire.problems import Problem, all_invalid, internal, unavailable
from http_edge.wire.query import NOTHING, parse
from http_edge.wire.responses import PIECE, Wire, respond
from stores import tracing
from stores.errors import Unavailable
from stores.log_repeats import Counted
from stores.telemetry import logger
from topics.documents.order import PriceChanged
from topics.values.faults import Invalid
from topics.values.validation import Validator

IDEMPOTENCY_KEY, LAST_EVENT_ID = istr("Idempotency-Key"), istr(live.LAST_EVENT_ID)
UNMATCHED = "unmatched"
_NO_FILE = nullcontext()

_log = logger("http_edge.gateway")
_AWAY = Counted()

Handler = Callable[[Asked], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    row: AnyRow
    handler: Handler
    body: Validator | None
    query: Query | None
    lira: Lira


def compiled(row: AnyRow, answers: Sequence[Any] = ()) -> Route:
    """answers: what GET /operations/{id} may give again."""
    lira = lira_of(*answers) if row.gives is Operation else lira_of(*_told(row))
    partial = isinstance(row, CommandRow) and row.partial
    body = None if row.takes is Nothing else Validator(row.takes, partial=partial)
    query = None if query_of(row) is Nothing else Query(row)
    match row:
        case CommandRow():
            made = commands.handler(row) if row.picture_of is None else uploads.handler(row)
            return Route(row, made, body, query, lira)
        case ViewRow():
            return Route(row, views.handler(row), body, query, unchanged)
        case ListRow():
            return Route(row, lists.handler(row), body, query, lira)
        case OwnRow():
            return Route(row, own_rows.handler(row), body, query, lira)
        case LiveRow():
            return Route(row, live.handler(row), body, query, lira)
        case LiveListRow():
            return Route(row, live_lists.handler(row), body, query, lira)
        case ComposedRow():
            return Route(row, composed.handler(row), body, query, unchanged)


def _told(row: AnyRow) -> Sequence[Any]:
    """What its answers and its errors may hold amounts in."""
    changed = isinstance(row, CommandRow) and "price_changed" in row.refusals
    return (row.gives, PriceChanged) if changed else (row.gives,)


class Gateway:
    """`handle` is aiohttp's handler. compression: of the answers; None: they go out as they are."""

    def __init__(
        self,
        edge: Edge,
        rows: Iterable[AnyRow],
        metrics: Metrics,
        access_log: AccessLog,
        compression: Compression | None = None,
    ) -> None:
        self._edge = edge
        self._metrics = metrics
        self._access_log = access_log
        self._compression = compression
        listed = tuple(rows)
        answers = [kind for row in listed if isinstance(row, CommandRow) for kind in _told(row)]
        self._router = Router((row.method, row.path, row.texts, compiled(row, answers)) for row in listed)
        self._loop = asyncio.get_running_loop()

    async def handle(self, request: BaseRequest) -> Wire:
        started = self._loop.time()
        named, around = trace.of_request(request.headers), 0
        if tracing.active is not None:
            named, around = trace.within(named, request.headers.get(trace.TRACEPARENT))
        asked: Asked | None = None
        route: Route | None = None
        label = UNMATCHED
        try:
            path, _, query = _target(request).partition("?")
            if request.method == "OPTIONS":
                answer = Answer(b"", 204, "", cors.preflight(self._allowed(request, path)))
            else:
                route, parameters = self._router.find(request.method, path)
                label = route.row.path
                asked = self._asked(request, route, path, query, parameters, named)
                with self._room(route.row, asked):
                    answer = await self._answered(request, route, asked)
        except Problem as problem:
            answer = problem.answer(named.request_id)
        except Unavailable as away:
            answer = unavailable("not_available", "This is not available right now, please try again.").answer(
                named.request_id
            )
            _log.info("answered 503", server=away.server, why=str(away), correlation_id=named.request_id)
            if count := _AWAY.due(away.server):
                _log.warning("server_away", server=away.server, why=str(away), answers=count)
        except Exception:
            _log.exception("unhandled", route=label, correlation_id=named.request_id)
            answer = internal().answer(named.request_id)
        if route is not None:
            if route.lira is not unchanged:
                answer = answer._replace(body=route.lira(answer.body))
            answer = with_origin(answer, self._edge.origin)
            if self._compression is not None and not _holds_tokens(route.row):
                answer = await self._compression.compressed(answer, request.headers.get(ACCEPT_ENCODING))
        if answer.size > PIECE and request.method != "HEAD":
            answer = self._if_there_is_room(request, answer, named)
        self._metrics.note(label, answer.status, self._loop.time() - started)
        if tracing.active is not None:
            seconds = self._loop.time() - started
            tracing.active.answered(request.method, label, answer.status, named.traceparent, around, seconds)
        ended = None
        if answer.stream is None:
            self._log(request.method, label, answer.status, started, named.request_id, asked, answer.size)
        else:
            ended = partial(self._log, request.method, label, answer.status, started, named.request_id, asked)
        # a client that waits for `100 Continue` may go on with a body or with another request after an error: nobody can tell;
        # and of a picture that is refused more may follow than is waited for
        unread = not request.content.is_eof() and (EXPECT in request.headers or (asked and asked.incoming is not None))
        close = not self._edge.connections.accepting or bool(unread)
        return respond(request, answer, self._edge.cors_origins, named.request_id, close=close, ended=ended)

    def _allowed(self, request: BaseRequest, path: str) -> Sequence[str]:
        """The methods of the route. Raises Problem where there is none, but not for a preflight: where that fails, a browser
        sends no request, and its page sees no error."""
        try:
            return self._router.methods(path)
        except Problem:
            if cors.REQUESTED not in request.headers:
                raise
            return ()

    def _if_there_is_room(self, request: BaseRequest, answer: Answer, named: trace.Trace) -> Answer:
        """Otherwise too many other clients do not read what they have asked for."""
        if cast(Connection, request.protocol).owes(answer.size):
            return answer
        return unavailable("too_much_unread", "This is too much right now, please try again.").answer(named.request_id)

    def _asked(
        self, request: BaseRequest, route: Route, path: str, query: str, parameters: Any, named: trace.Trace
    ) -> Asked:
        row = route.row
        caller = caller_of(self._edge.tokens, row.who, request.headers.get(AUTHORIZATION))
        said = parse(query) if query else NOTHING
        asked = Asked(
            edge=self._edge,
            method=row.method,
            path=path.rstrip("/"),
            parameters=parameters,
            query=said,
            caller=caller,
            request_id=named.request_id,
            traceparent=named.traceparent,
            at=self._loop.time(),
            address=cast(Connection, request.protocol).party,
            acts_as=row.acts_as,
            headers=request.headers,
            head_only=request.method == "HEAD",
        )
        if row.speaks:
            asked.language = language_of(request.headers.get(ACCEPT_LANGUAGE))
        if route.query is not None:
            _understand(asked, route.query)
        return asked

    async def _answered(self, request: BaseRequest, route: Route, asked: Asked) -> Answer:
        if route.row.method != "GET" and isinstance(route.row, (CommandRow, OwnRow)):
            await self._read_body(request, route.row, route.body, asked)
        elif isinstance(route.row, (LiveRow, LiveListRow)):
            asked.last_event_id = request.headers.get(LAST_EVENT_ID, "")
        elif isinstance(route.row, ComposedRow):
            asked.if_none_match = request.headers.get(IF_NONE_MATCH, "")
        return await route.handler(asked)

    def _room(self, row: AnyRow, asked: Asked) -> AbstractContextManager[None]:
        """For a body that is a file: it is held until the answer. Raises Problem 429 and 503."""
        if not (isinstance(row, CommandRow) and row.file):
            return _NO_FILE
        return self._edge.files.under_way(asked.me, asked.address)

    async def _read_body(
        self, request: BaseRequest, row: CommandRow | OwnRow, body: Validator | None, asked: Asked
    ) -> None:
        seconds = bodies.READ_SECONDS
        if isinstance(row, CommandRow):
            asked.idempotency_key = check_key(request.headers.get(IDEMPOTENCY_KEY))
            if row.picture_of is not None:
                asked.incoming = uploads.incoming(request)
                return
            seconds = bodies.FILE_SECONDS if row.file else bodies.READ_SECONDS
        asked.raw = await bodies.read(request, row.body_bytes, seconds)
        asked.at = self._loop.time()
        if isinstance(row, CommandRow) and row.signed:
            check_signed(asked)
        if body is not None:
            bodies.check_type(request.headers.get(CONTENT_TYPE))
            asked.body, owner = bodies.decode(asked.raw, body)
            check_user_id(asked, owner)

    def _log(
        self, method: str, label: str, status: int, started: float, request_id: str, asked: Asked | None, size: int
    ) -> None:
        """A stream is logged at its end: how long it was open, and what was written."""
        caller = asked.caller.id if asked is not None and asked.caller is not None else None
        self._access_log.note(method, label, status, self._loop.time() - started, size, request_id, caller)

    def end_streams(self) -> None:
        """For an edge that stops: their clients come back to another one."""
        self._edge.streams.close()


def _holds_tokens(row: AnyRow) -> bool:
    return isinstance(row, CommandRow) and row.tokens


def _understand(asked: Asked, query: Query) -> None:
    """Raises Problem 422 with every fault."""
    try:
        query.read(asked)
    except Invalid as refused:
        raise all_invalid(refused) from None


def _target(request: BaseRequest) -> str:
    """The request target as sent, without scheme and host where a proxy sent them along."""
    raw = request.raw_path
    if raw.startswith("/"):
        return raw
    _, found, rest = raw.partition("://")
    return f"/{rest.partition('/')[2]}" if found else raw
