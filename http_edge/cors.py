"""CORS: the known web clients run on another origin, send credentials, and must be able to read errors too."""

from collections.abc import Sequence

from multidict import CIMultiDict, istr

ORIGIN = istr("Origin")
ALLOW_ORIGIN = istr("Access-Control-Allow-Origin")
ALLOW_CREDENTIALS = istr("Access-Control-Allow-Credentials")
EXPOSE = istr("Access-Control-Expose-Headers")
REQUEST_METHOD = istr("Access-Control-Request-Method")

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, If-None-Match, traceparent"
EXPOSED = "Location, Retry-After, ETag"
PREFLIGHT_SECONDS = "600"


def allow(headers: CIMultiDict[str], origin: str | None, known: frozenset[str]) -> None:
    """Vary: Origin stands on every answer anyway, or a cache would hand one origin's answer to another."""
    if origin is not None and origin in known:
        headers[ALLOW_ORIGIN] = origin
        headers[ALLOW_CREDENTIALS] = "true"
        headers[EXPOSE] = EXPOSED


def preflight(allowed: Sequence[str]) -> dict[str, str]:
    """All methods, as clients expect; which of them the route has says Allow."""
    return {
        "Allow": ", ".join(allowed),
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": PREFLIGHT_SECONDS,
    }
