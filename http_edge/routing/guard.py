"""Who may come in: a good token that is not on the deny-list, and the list itself must be there (fail closed)."""

from http_edge.routing.asked import Asked
from http_edge.routing.routes import PUBLIC, Who
from http_edge.wire.problems import Problem, log_in_again, not_found, unavailable
from http_edge.wire.tokens import Caller, TokenRefused, Tokens
from topics.keys import DENY_READY
from topics.values.signatures import HEADER, is_signed

_REFUSED = {
    "token_missing": "Log in first.",
    "token_expired": "The session has expired, log in again.",
    "token_invalid": "This is no token of ours, log in again.",
}


def caller_of(tokens: Tokens, who: Who, authorization: str | None) -> Caller | None:
    """Raises Problem 401 on protected routes; public ones ignore a bad token."""
    if who is PUBLIC:
        return _known(tokens, authorization)
    if authorization is None:
        raise log_in_again("token_missing", _REFUSED["token_missing"])
    try:
        return tokens.read(authorization)
    except TokenRefused as refused:
        raise log_in_again(refused.code, _REFUSED[refused.code]) from None


def _known(tokens: Tokens, authorization: str | None) -> Caller | None:
    try:
        return None if authorization is None else tokens.read(authorization)
    except TokenRefused:
        return None


def deny_keys(caller: Caller) -> tuple[str, str]:
    return DENY_READY, caller.denied_key


def check_denied(ready: bytes | None, denied: bytes | None) -> None:
    """The values of deny_keys(). Raises Problem 503 or 401."""
    if ready is None:
        raise unavailable("deny_list_not_ready", "Sessions cannot be checked right now, please try again.")
    if denied is not None:
        raise log_in_again("token_revoked", "You are logged out, log in again.")


def check_signed(asked: Asked) -> None:
    """Of the body's bytes as they came. Raises Problem 403: to log in would not help."""
    said = asked.headers.get(HEADER, "")
    if not is_signed(asked.edge.keys.callbacks, said, asked.raw, asked.edge.clock()):
        raise Problem(403, "bad_signature", f"{HEADER}: is not that of this body, or not of now.")


def check_user_id(asked: Asked, named: object) -> None:
    """Clients also send `user_id`: accepted only when it is the caller's own. Raises Problem 404."""
    if named is not None and asked.caller is not None and named != asked.caller.id:
        raise not_found("There is no such user for you.")
