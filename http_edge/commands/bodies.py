"""Request bodies: read within bounds, then decoded strictly. Everything that is wrong is named, with its field.

Names that come twice are refused, since decoders differ in which value they keep; NUL characters, since no store takes them.
"""

import asyncio
import json
import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, cast

from aiohttp.hdrs import EXPECT
from aiohttp.web import BaseRequest, RequestPayloadError

from http_edge.wire.problems import Problem, all_invalid, invalid
from topics.values.faults import Invalid
from topics.values.validation import Validator

READ_SECONDS = 10.0
FILE_SECONDS = 60.0
"""For a body that is a file."""


async def read(request: BaseRequest, most: int, seconds: float = READ_SECONDS) -> bytes:
    """The raw body, of at most so many bytes. Raises Problem 413, 415, 417, 408 or 400."""
    begin(request, most)
    parts, size = list[bytes](), 0
    with refusals():
        if request.content.is_eof():  # it came with the head: nothing to wait for
            whole = request.content.read_nowait()
            if len(whole) > most:
                raise too_large(most)
            return whole
        async with asyncio.timeout(seconds):
            while part := await request.content.readany():
                size += len(part)
                if size > most:
                    raise too_large(most)
                parts.append(part)
    return b"".join(parts)


def begin(request: BaseRequest, most: int) -> None:
    """Before the first byte is read: whether a body as it is announced can be taken. Raises Problem 413, 415 and 417."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Problem(415, "unsupported_encoding", "Content-Encoding: bodies are taken uncompressed only.")
    if (request.content_length or 0) > most:
        raise too_large(most)
    _go_on(request)


@contextmanager
def refusals() -> Generator[None]:
    """While a body is read. Raises Problem 408 and 400."""
    try:
        yield
    except TimeoutError:
        raise Problem(408, "body_too_slow", "The body did not arrive in time.") from None
    except RequestPayloadError:
        raise invalid("$", "the transfer encoding of the body is broken", status=400) from None
    except ConnectionError:
        # nobody hears this: it is for metrics and log
        raise Problem(400, "body_broken_off", "The connection ended within the body.") from None


def _go_on(request: BaseRequest) -> None:
    """RFC 9110, 10.1.1: a client that asks for it sends its body only after `100 Continue`. Raises Problem 417."""
    expected = request.headers.get(EXPECT)
    if expected is None or request.version < (1, 1):
        return
    if expected.lower() != "100-continue":
        raise Problem(417, "expectation_failed", "Expect: only 100-continue is met.", headers={"Connection": "close"})
    if request.transport is not None and not request.content.is_eof():
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def too_large(most: int) -> Problem:
    return Problem(413, "body_too_large", f"A body has at most {most:,} bytes here.", headers={"Connection": "close"})


def check_type(content_type: str | None) -> None:
    """JSON in UTF-8, which is also what a missing header means. Raises Problem 415."""
    if content_type is None:
        return
    kind, _, rest = content_type.lower().partition(";")
    charset = rest.partition("charset=")[2].strip().strip('"')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Problem(415, "unsupported_media_type", "Content-Type: bodies are application/json in UTF-8.")


def decode(raw: bytes, validator: Validator) -> tuple[Any, Any]:
    """(the row's struct, the `user_id` that some clients send along: any JSON value, None where there is none).

    Raises Problem: 400 where it is no JSON, 422 with every fault where it is another JSON.
    """
    if not raw.strip():
        raise invalid("$", "a JSON body is required", status=400)
    value = value_of(raw)
    owner = cast(Mapping[str, Any], value).get("user_id") if isinstance(value, Mapping) else None
    try:
        return validator.validated(value), owner
    except Invalid as refused:
        raise all_invalid(refused) from None


def value_of(raw: bytes) -> Any:
    """The JSON value. Raises Problem: 400 where it is none or a name comes twice, 422 for a text that no store takes."""
    try:
        return _STRICT.decode(raw.decode())
    except (RecursionError, ValueError, OverflowError) as error:
        raise invalid("$", f"is no JSON: {error}"[:200], status=400) from None


def _checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise invalid(name[:64], "is given twice", status=400)
        why = _unusable(name) or _unusable(value)
        if why:
            raise invalid(name.encode(errors="ignore").decode().replace("\0", "")[:64] or "$", why)
        found[name] = value
    return found


def _unusable(value: Any) -> str | None:
    """Why no store takes this text, or a text of this list; objects have been checked before."""
    if isinstance(value, list):
        return next((why for why in map(_unusable, cast(list[Any], value)) if why), None)
    if not isinstance(value, str):
        return None
    if "\0" in value:
        return "NUL characters are not allowed"
    return None if value.isascii() or _is_unicode(value) else "holds half of a surrogate pair, which is no character"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:32]} is too large for a number")
    return value


_STRICT = json.JSONDecoder(object_pairs_hook=_checked, parse_constant=_no_constant, parse_float=_finite)
