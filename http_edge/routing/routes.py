"""Routes are data. From these rows come the handlers, OpenAPI, and the tests of permissions and of bad input."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import msgspec

from http_edge.routing.asked import Asked
from http_edge.routing.composed import Composed, FirstLook
from http_edge.routing.pages import Pages
from http_edge.routing.stream_events import DocumentEvents, LatestValue, StreamEvent
from http_edge.wire.answer import Answer
from stores.listed import Newest
from topics import keys
from topics.messages.message import Message
from topics.messages.reply import Reply
from topics.messages.topic import Topic

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Key = Callable[[Asked], str | Awaitable[str]]
"""Which aggregate a command is for, or which document a view route reads."""

BODY_BYTES = 16 * 1024

PARAMETER = re.compile(r"\{(\w+)\}")


class Who(StrEnum):
    """Who may call. Whether a resource is theirs is the domain's (commands) or the row's `owner` (views) to say."""

    PUBLIC = "anyone; a token, good or bad, changes nothing"
    CUSTOMER = "a logged-in user, about what is theirs"
    RESTAURANT_OWNER = "a logged-in user who owns the restaurant; others get 404"
    EITHER = "a logged-in user, about an order of theirs or of their restaurant; others get 404"


PUBLIC, CUSTOMER, RESTAURANT_OWNER, EITHER = Who.PUBLIC, Who.CUSTOMER, Who.RESTAURANT_OWNER, Who.EITHER


class Nothing(msgspec.Struct, frozen=True):
    """The body of a request without one: whatever is sent is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOf:
    """A projection that a domain keeps in Redis. domain: whose writes the reader waits for."""

    name: str
    domain: str
    ready: str


def shown(name: str, domain: str) -> ViewOf:
    return ViewOf(name=name, domain=domain, ready=keys.view_ready(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Documents of another view complete one. names: ids of those that a document needs. merge: (document, id → other) →
    document; others that are not there are missing."""

    view: ViewOf
    names: Callable[[bytes], Sequence[str]]
    merge: Callable[[bytes, Mapping[str, bytes]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Who may read what a row gives: the field `owner` of a document of this view must be the caller's id, else 404. key: which
    document."""

    view: ViewOf
    key: Callable[[Asked], str]
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What all routes have.

    who: may call it. gives: the answer's type, for OpenAPI; None where success is 204. says: one line of documentation.
    success: status of an answer that is no error. takes, asks: types of the body and of the query. pages: of a row that gives a
    list, or an answer with one, page by page. texts: parameters of the path that are any text; the others are ids. body_bytes:
    of the largest body that is read; what the domain takes is less (docs/limits.md). speaks: texts of the answer are in the
    language that the client asks for. acts_as: for whom the request reads and writes, where that is not the user of the token:
    an anonymous basket, whose id is the permission.
    """

    method: Method
    path: str
    who: Who
    gives: Any
    says: str
    success: int = 200
    takes: type[msgspec.Struct] = Nothing
    asks: type[msgspec.Struct] = Nothing
    pages: Pages | None = None
    texts: tuple[str, ...] = ()
    body_bytes: int = BODY_BYTES
    speaks: bool = False
    acts_as: Callable[[Asked], str] | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(PARAMETER.findall(self.path))

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow(Row):
    """Sends a command, waits for its reply, and answers with what that says. Idempotency keys work on every row.

    The command. topic: of the domain that decides it. key: of its aggregate. make: makes the message of the request; without
    it, its fields are those of the body and the parameters of the path. partial: the body changes only the fields that it
    names, and null is refused. has_seen: documents that the caller has looked at, as (view, id); the domain decides when its
    copies are at least at these versions (http_edge/commands/seen.py). hashed_on: the topic on which the password of the
    command is hashed before the domain gets it; few such commands are under way at a time (http_edge/routing/turns.py).

    The body, where it is no JSON. file: media type → its content, for OpenAPI; `make` reads the file, and few files are under
    way at a time (http_edge/routing/uploads.py). picture_of: the body is a picture. This looks up what it is of, before a byte
    is read, and that becomes asked.body (http_edge/commands/uploads.py). signed: the body is signed by the payment provider
    (topics/values/signatures.py), which is checked before it is decoded.

    The answer. refusals: rejection code → status; others: commands.STATUS_OF. shape_reply: (the request, the JSON of the reply)
    → the JSON of the answer. If it raises, the answer is 202, since the command is done. tokens: the reply holds tokens: it is
    sealed to this edge process, and 202 is never answered, since nobody could read the tokens later. on_reply: called with the
    request, the key and the reply, when a reply has come to a command that this request has sent. estimate: more fields for a
    202. mails: a mail follows, in the language that the client asks for (for OpenAPI).

    The time of the answer. waits_for_view: the answer, also a refusal, waits until this view shows what the command wrote.
    must_be_shown: if the view does not show it in time, the answer is 202; otherwise it is the usual one. no_sooner: seconds
    after the request before which there is no answer, so that its time does not tell who is registered.

    What one client may do. few_a_minute: it makes things that are counted for no owner, so an address may make few a minute
    (http_edge/routing/pace.py). pause_factor: above 0 if many domains copy and show what the command changes. Then the next one
    of the same client waits: for so many times as long as this one has taken (http_edge/routing/abreast.py). coupon_code: the
    code in the request, if any; a client with many unknown codes is refused for a while.
    """

    topic: Topic
    message: type[Message]
    key: Key
    make: Callable[[Asked], Message | Awaitable[Message]] | None = None
    partial: bool = False
    has_seen: Callable[[Asked], Sequence[tuple[ViewOf, str]] | Awaitable[Sequence[tuple[ViewOf, str]]]] | None = None
    hashed_on: Topic | None = None

    file: Mapping[str, Any] = field(default_factory=dict[str, Any])
    picture_of: Callable[[Asked], Awaitable[Any]] | None = None
    signed: bool = False

    refusals: Mapping[str, int] = field(default_factory=dict[str, int])
    shape_reply: Callable[[Asked, bytes], Awaitable[bytes]] | None = None
    tokens: bool = False
    on_reply: Callable[[Asked, str, Reply], Awaitable[None]] | None = None
    estimate: Callable[[Asked, Message], Awaitable[Mapping[str, Any]]] | None = None
    mails: bool = False

    waits_for_view: ViewOf | None = None
    must_be_shown: bool = False
    no_sooner: float = 0.0

    few_a_minute: bool = False
    pause_factor: int = 0
    coupon_code: Callable[[Asked], str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow(Row):
    """Reads one document.

    owner: field of the document that must be the caller's id, else 404. absent: what is given where there is no
    document (None: 404). shape: (the document's JSON, the request) → what is shown of it; None: as if there was no document.
    join: another view's documents complete it. guard: see Guard.
    """

    view: ViewOf
    key: Key
    owner: str = ""
    guard: Guard | None = None
    absent: bytes | Callable[[Asked], bytes] | None = None
    shape: Callable[[bytes, Asked], bytes | None] | None = None
    join: Join | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow(Row):
    """Gives the documents that stand in sorted sets of a view as a bare list, page by page.

    indexes: names of the sorted sets, whose entries follow each other. lowest: the lowest score that is listed.
    item: (the document's JSON, the member of the set, the request) → what is shown of it; None: nothing.
    arrange: puts the items of one page in the order in which they are shown. guard: see Guard.
    """

    view: ViewOf
    guard: Guard | None = None
    indexes: Callable[[Asked], Sequence[str]]
    newest_first: bool = False
    lowest: Callable[[Asked], float] | None = None
    item: Callable[[bytes, str, Asked], bytes | None] | None = None
    arrange: Callable[[Asked, Sequence[bytes]], Sequence[bytes]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRow(Row):
    """Answered by the edge itself, once own_rows has checked the caller. reads: the views that it needs, which /health/ready
    waits for: without them it is 503. media: types of its answer, where that is not JSON.

    problems: status → the codes of its own errors, for OpenAPI.
    """

    handle: Callable[[Asked], Awaitable[Answer]]
    reads: tuple[ViewOf, ...] = ()
    media: tuple[str, ...] = ()
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow(Row):
    """Follows one document (key) of a view that tells its changes: a stream of Server-Sent Events.

    events: the document's JSON → the events that it tells. A later version of the document only adds events at the end. So the
    id of an event is its place, from 1, and a client that comes back names the last one that it has. owner, guard: as in
    ViewRow. gives: what the data of an event may be. latest_value: told besides, see LatestValue.
    """

    view: ViewOf
    key: Key
    owner: str
    guard: Guard | None = None
    events: Callable[[bytes], DocumentEvents]
    latest_value: LatestValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveListRow(Row):
    """Follows the documents of a list that change: a stream of Server-Sent Events.

    latest: name of the sorted set of those that changed last (topics.deciding.projection.View.latest). tells: a document's
    JSON → what is told of it as it is now, None for nothing. guard: see Guard. gives: what the data of an event may be.
    """

    view: ViewOf
    latest: Callable[[Asked], str]
    guard: Guard
    tells: Callable[[bytes], StreamEvent | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedRow(Row):
    """Shows several documents at once. Its answers have an ETag, and a client that has the same one gets 304.

    documents: read by the first look, as (view, id). guesses: keys of more documents that `compose` will probably need; the
    first look reads them, too. newest: sorted sets of which the first look reads the first members. compose: makes the answer
    of the first look, and may read more. beside: views of which it reads more. needs: views without which the answer is 503,
    and which /health/ready waits for; what other views show is left out if it cannot be read. code_version: changes with the
    code that makes the body, so that the ETag changes.
    """

    documents: Callable[[Asked], Sequence[tuple[ViewOf, str]]]
    compose: Callable[[Asked, FirstLook], Awaitable[Composed]]
    code_version: str
    guesses: Callable[[Asked], Sequence[str]] | None = None
    newest: Callable[[Asked], Sequence[Newest]] | None = None
    beside: tuple[ViewOf, ...] = ()
    needs: tuple[ViewOf, ...] = ()
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


AnyRow = CommandRow | ViewRow | ListRow | OwnRow | LiveRow | LiveListRow | ComposedRow
ReadingRow = ViewRow | ListRow | LiveRow | LiveListRow
"""Rows that read one view, and may have a guard."""


def command(
    method: Method,
    path: str,
    message: type[Message],
    *,
    to: Topic,
    key: Key,
    who: Who,
    gives: Any,
    says: str,
    takes: type[msgspec.Struct] | None = None,
    answers: Mapping[int, str | tuple[str, ...]] | None = None,
    **more: Any,
) -> CommandRow:
    """answers: status → the rejection codes that get it. Codes that are not named: see commands.STATUS_OF."""
    listed = {status: (codes,) if isinstance(codes, str) else codes for status, codes in (answers or {}).items()}
    refusals = {code: status for status, codes in listed.items() for code in codes}
    return CommandRow(
        method=method, path=path, message=message, topic=to, key=key, who=who, gives=gives, says=says,
        takes=message if takes is None else takes, refusals=refusals, **more,
    )  # fmt: skip


def view(path: str, of: ViewOf, *, who: Who, gives: Any, says: str, **more: Any) -> ViewRow:
    return ViewRow(method="GET", path=path, view=of, who=who, gives=gives, says=says, **more)


def listing(path: str, of: ViewOf, *, pages: Pages, who: Who, gives: Any, says: str, **more: Any) -> ListRow:
    return ListRow(method="GET", path=path, view=of, pages=pages, who=who, gives=gives, says=says, **more)
