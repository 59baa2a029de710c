"""Headers of CORS. The web clients run on other origins than the gateway and send credentials.

Answers with an error have these headers as well: a browser hides an answer without them from its page.
"""

from collections.abc import Sequence

from multidict import istr

ORIGIN = istr("Origin")
REQUESTED = istr("Access-Control-Request-Method")
"""Header of a preflight: what makes it one."""

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
HEADERS = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, If-None-Match, traceparent"
EXPOSED = "Location, Retry-After, ETag, Link"
PREFLIGHT_SECONDS = "600"


def allowed(origin: str) -> dict[str, str]:
    """Headers of an answer to a known origin.

    They name the origin, so every answer has `Vary: Origin` (responses.py): a cache then keeps one answer an origin.
    """
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": EXPOSED,
    }


def preflight(allowed: Sequence[str]) -> dict[str, str]:
    """Headers of the answer to OPTIONS. allowed: the methods of the route, for `Allow`.

    Access-Control-Allow-Methods lists the methods of all routes, because the clients expect this.
    """
    return {
        "Allow": ", ".join(allowed),
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": HEADERS,
        "Access-Control-Max-Age": PREFLIGHT_SECONDS,
    }
