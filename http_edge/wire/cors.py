"""CORS: the known web clients run on another origin, send credentials, and must be able to read errors too."""

from collections.abc import Sequence

from multidict import istr

ORIGIN = istr("Origin")

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, If-None-Match, traceparent"
EXPOSED = "Location, Retry-After, ETag"
PREFLIGHT_SECONDS = "600"


def allowed(origin: str) -> dict[str, str]:
    """For a known origin. Vary: Origin stands on every answer, or a cache would hand one origin's answer to another."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": EXPOSED,
    }


def preflight(allowed: Sequence[str]) -> dict[str, str]:
    """All methods, as clients expect; which of them the route has says Allow."""
    return {
        "Allow": ", ".join(allowed),
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": PREFLIGHT_SECONDS,
    }
