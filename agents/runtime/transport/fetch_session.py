"""Fetch sessions (KIP-227): the broker remembers which partitions a consumer fetches and from where.

A request then names only what has changed since the one before, and an answer only partitions that have something to say.
Without a session, and aiokafka has none, both name every partition: 11 µs of CPU for each, and more to look at its answer.
"""
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
# aiokafka has no hook here: requests and answers are built of its private parts.

from collections.abc import Iterable
from typing import Any

import structlog
from aiokafka import errors
from aiokafka.protocol.fetch import FetchRequest

log = structlog.get_logger()

_NOT_FOUND, _WRONG_EPOCH = 70, 71
"""Errors of an answer: the broker has forgotten the session, or has counted its requests differently."""
_NONE = 0  # id of no session
_BEGIN = 0  # epoch of a request that names all partitions, and asks for a session
_LAST = 2**31 - 1  # epoch; 1 follows
_KNOWS_SESSIONS = 7  # version of the fetch request

Place = tuple[str, int]
"""Topic and partition."""


class FetchSession:
    """Of one consumer with one broker. At most one fetch is under way: `next` makes its request, and its end is told by
    `answered` or `lost`."""

    def __init__(self) -> None:
        self._id, self._epoch = _NONE, _BEGIN
        # From which offset on, and how many bytes at most: as the broker knows it, and as the fetch under way wants it.
        self._known: dict[Place, tuple[int, int]] = {}
        self._wanted: dict[Place, tuple[int, int]] = {}

    def next(self, request: FetchRequest) -> FetchRequest:
        """The same request, as the session lets it be sent."""
        self._wanted = {
            (topic, partition): (offset, most)
            for topic, partitions in request.topics
            for partition, offset, most in partitions
        }
        if self._epoch == _BEGIN:
            return _InSession(request, request.topics, [], self._id, _BEGIN)
        known, wanted = self._known, self._wanted
        changed = [(place, at) for place, at in wanted.items() if known.get(place) != at]
        forgotten = [place for place in known if place not in wanted]
        named = _by_topic((topic, (partition, *at)) for (topic, partition), at in changed)
        return _InSession(request, named, _by_topic(forgotten), self._id, self._epoch)

    def answered(self, response: Any) -> Any:
        """What the fetcher gets of the answer. Raises KafkaError."""
        if response.API_VERSION < _KNOWS_SESSIONS:
            return response
        if response.error_code:
            self.lost()
            if response.error_code == _NOT_FOUND:
                self._id = _NONE
            elif response.error_code != _WRONG_EPOCH:
                raise errors.for_code(response.error_code)
            log.info("fetch_session_begun_again", code=response.error_code)
            response.topics = []  # the next request names all partitions
            return response
        if self._epoch == _BEGIN:
            self._id = response.session_id
        if self._id == _NONE:  # the broker keeps no more sessions
            return response
        self._epoch = self._epoch + 1 if self._epoch < _LAST else 1
        self._known = self._wanted
        return response

    def lost(self) -> None:
        """Nobody knows whether the broker has seen the request. The next one ends the session and begins another."""
        self._epoch = _BEGIN
        self._known = {}


class _InSession(FetchRequest):
    """whole: names all partitions; it is what goes to a broker that knows no sessions."""

    def __init__(self, whole: FetchRequest, topics: Any, forgotten: Any, id: int, epoch: int) -> None:
        super().__init__(
            whole._max_wait_ms, whole._min_bytes, whole._max_bytes, whole._isolation_level, topics, whole._rack_id
        )
        self._whole, self._forgotten, self._session, self._epoch = whole, forgotten, id, epoch

    def build(self, request_struct_class: Any) -> Any:
        if request_struct_class.API_VERSION < _KNOWS_SESSIONS:
            return self._whole.build(request_struct_class)
        built: Any = super().build(request_struct_class)
        built.session_id, built.session_epoch = self._session, self._epoch
        built.forgotten_topics_data = self._forgotten
        return built


def _by_topic(pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for topic, said in pairs:
        found.setdefault(topic, []).append(said)
    return list(found.items())
