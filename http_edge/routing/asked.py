"""One request, as the functions of a row see it."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from http_edge.routing.edge import Edge
from http_edge.routing.pages import Page
from http_edge.wire.preferences import DEFAULT_LANGUAGE, Language
from http_edge.wire.problems import not_found
from http_edge.wire.tokens import Caller
from topics.messages import ids


@dataclass(slots=True)
class Asked:
    """caller: None on public routes without a good token. request_id: names this request in logs and on topics.

    at: loop time when the request was read. raw: the body's bytes. body: the body as the row's `takes`. asks: the query as
    the row's `asks`, where the row has pages with `limit` and `cursor`. page: which page is asked for, where the row has pages.
    after: what the caller has seen, for the command's header. last_event_id: what a stream's client saw
    last. language: in which texts of the answer are, where the row speaks. if_none_match: tags of the answers that the client
    has. acts_as: see routes.Row. address: of the peer, a /64 for IPv6, empty for a trusted proxy.
    headers: of the request, for what no field here holds. head_only: the answer's body is not sent.
    incoming: the picture that a row takes, as it comes. upload: its name in quarantine, once it is there; raw is then a hash
    of it.
    """

    edge: Edge
    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    caller: Caller | None
    request_id: str
    traceparent: str
    at: float
    address: str = ""
    idempotency_key: str | None = None
    raw: bytes = b""
    body: Any = None
    asks: Any = None
    page: Page | None = None
    command_id: str = ""
    after: str = ""
    last_event_id: str = ""
    language: Language = DEFAULT_LANGUAGE
    if_none_match: str = ""
    acts_as: "Callable[[Asked], str] | None" = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    head_only: bool = False
    incoming: AsyncIterator[bytes] | None = None
    upload: str = ""

    @property
    def me(self) -> str:
        """The caller's id. Only rows that are not PUBLIC may ask."""
        assert self.caller is not None
        return self.caller.id

    @property
    def writer(self) -> str | None:
        """Under whose name domains note what this request writes, and whose notes it looks at. None: nobody's.

        Raises Problem where the row's `acts_as` does.
        """
        if self.acts_as is not None:
            return self.acts_as(self)
        return None if self.caller is None else self.caller.id

    def new_id(self, name: str) -> str:
        """An id for something that this command makes; a retry with the same Idempotency-Key gets the same."""
        return ids.derive(self.command_id, name)


def own(asked: Asked) -> str:
    """Key: the caller's own aggregate. Raises Problem 404 where the user id reads like that of an anonymous basket: other
    systems make user ids, too, and such a user would use somebody else's basket."""
    if ids.is_anonymous(asked.me):
        raise not_found()
    return asked.me


def parameter(name: str) -> Any:
    """Key: the aggregate that the path names."""

    def named(asked: Asked) -> str:
        return asked.parameters[name]

    return named


def new(name: str) -> Any:
    """Key: an aggregate that this command makes."""

    def made(asked: Asked) -> str:
        return asked.new_id(name)

    return made
