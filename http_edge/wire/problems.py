"""The one way to make an error: RFC 9457 problem+json, with `detail`, `message` and `code` as clients read them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from http_edge.wire.answer import PROBLEM_JSON, Answer
from topics.values.faults import Invalid

RETRY_AFTER_SECONDS = 2


class FieldError(msgspec.Struct, frozen=True):
    """field: dotted path in the body, or name of a path, query or header field; `$` for the body as a whole."""

    field: str
    why: str


class ProblemBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """type: urn:lezzet:problem:<code>. instance: the request, as logs and other answers of it name it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    message: str
    code: str
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):
    """code: stable, snake_case, clients may switch on it. detail: a sentence for the user. more: further members."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.more = more

    def answer(self, request_id: str) -> Answer:
        body = ProblemBody(
            type=f"urn:lezzet:problem:{self.code}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            instance=f"urn:lezzet:request:{request_id}",
            message=self.detail,
            code=self.code,
            errors=self.errors,
        )
        whole: Any = body if not self.more else {**self.more, **msgspec.to_builtins(body)}
        return Answer(msgspec.json.encode(whole), self.status, PROBLEM_JSON, self.headers)


def invalid(field: str, why: str, *, status: int = 422) -> Problem:
    """The input can be read and is not acceptable (422), or cannot be read at all (400)."""
    detail = why if field == "$" else f"{field}: {why}"
    return Problem(status, "invalid_input", detail, errors=(FieldError(field, why),))


def all_invalid(refused: Invalid, *, status: int = 422) -> Problem:
    """Every fault of a request at once."""
    errors = tuple(FieldError(fault.field, fault.why) for fault in refused.faults)
    said = [each.why if each.field == "$" else f"{each.field}: {each.why}" for each in errors]
    return Problem(status, "invalid_input", "; ".join(said), errors=errors)


def unavailable(code: str, detail: str) -> Problem:
    """For now: the same request is welcome again in some seconds."""
    return Problem(503, code, detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def not_ready(detail: str = "This is being prepared, please try again.") -> Problem:
    """A view that the answer needs has not caught up with its topic yet."""
    return unavailable("view_not_ready", detail)


def not_found(detail: str = "There is nothing here.", *, errors: tuple[FieldError, ...] = ()) -> Problem:
    return Problem(404, "not_found", detail, errors=errors)


def log_in_again(code: str, detail: str) -> Problem:
    """401 tells clients to drop their tokens: only for a missing, expired or revoked token on a protected route."""
    return Problem(401, code, detail, headers={"WWW-Authenticate": "Bearer"})


def internal() -> Problem:
    return Problem(500, "internal_error", "Something went wrong on our side.")
