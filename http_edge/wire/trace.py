"""Names of requests: the correlation id that a whole flow carries, and the W3C trace context around it."""

import itertools
import os
import re
import secrets
from typing import NamedTuple

from multidict import CIMultiDictProxy, istr

from stores.tracing import Place, of_traceparent, traceparent

CORRELATION_ID = istr("X-Correlation-Id")
TRACEPARENT = istr("traceparent")

_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

# random a process, counted a request: unique without asking the kernel for randomness each time
_PROCESS = os.urandom(8).hex()
_count = itertools.count(1)


class Trace(NamedTuple):
    """request_id: 32 hex digits of ours, or what the client gave. traceparent: of this request."""

    request_id: str
    traceparent: str


def of_request(headers: CIMultiDictProxy[str]) -> Trace:
    given, parent = headers.get(CORRELATION_ID), headers.get(TRACEPARENT)
    if given is not None and not _GIVEN.fullmatch(given):
        given = None
    matched = _TRACEPARENT.fullmatch(parent) if parent is not None else None
    if matched and parent is not None:
        return Trace(given or matched[1], parent)
    own = fresh()
    return Trace(given or own, f"00-{own}-{own[16:]}-01")


def within(named: Trace, sent: str | None) -> tuple[Trace, int]:
    """For a request that is told as a span: with the request's own span in its traceparent, and the span around it, 0 for none.

    sent: the client's traceparent. One that is not to be recorded stays as it is.
    """
    around = of_traceparent(named.traceparent) if sent == named.traceparent else None
    if around is None:
        return named, 0  # the traceparent is of ours, and names this request's span already
    place, recorded = around
    if not recorded:
        return named, 0
    return named._replace(traceparent=traceparent(Place(place.trace, secrets.randbits(64) or 1))), place.span


def fresh() -> str:
    """An id for what nobody has named: 32 hex digits."""
    return f"{_PROCESS}{next(_count):016x}"
