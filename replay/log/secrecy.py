"""What does not stand on a screen or in a pipe, though topics carry it. Never: sealed boxes, tokens, hashes of either. Not
without `--reveal`: what says who somebody is (topics/personal.py)."""

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from topics import personal

SEALED = "[sealed]"
_NAMES = r"[^\"]*(?:passw|token|secret|_box|_sha256|generation)[^\"]*|box"
_SECRET = re.compile(_NAMES, re.IGNORECASE)
_IN_TEXT = re.compile(rf'("(?:{_NAMES})"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}}\]]+)', re.IGNORECASE | re.DOTALL)
_MAY_HIDE = re.compile(rb"passw|token|secret|box|_sha256|generation|eyJ|\\u", re.IGNORECASE)
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


def shown(body: bytes | None, kind: type | str | None = None, *, reveal: bool = False) -> Any:
    """The body as JSON data without secrets; None where it is empty; a text where it is no JSON.

    kind: its `ce_type`, or the struct of a document. reveal: with personal data (replay/log/reveal.py).
    """
    if not body:
        return None
    try:
        said = _cleaned(msgspec.json.decode(body))
        return said if reveal else personal.masked(said, kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return shown_text(body, reveal=reveal)


def plain(body: bytes | None) -> Any:
    """As `shown`, with personal data: for conditions, which look at far more bodies than are shown."""
    if body and not _MAY_HIDE.search(body):
        try:
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return body.decode(errors="backslashreplace")
    return shown(body, reveal=True)


def shown_text(body: bytes, *, reveal: bool = False) -> str:
    """Bytes that are no JSON: what looks like a secret field goes here too, bytes that are no UTF-8 as \\x.."""
    said = _TOKEN.sub(SEALED, _IN_TEXT.sub(rf'\1"{SEALED}"', body.decode(errors="backslashreplace")))
    return said if reveal else personal.masked_text(said)


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        found = cast(Mapping[str, Any], value)
        return {name: SEALED if _hides(name, inner) else _cleaned(inner) for name, inner in found.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in cast(list[Any], value)]
    return _TOKEN.sub(SEALED, value) if isinstance(value, str) else value


def _hides(name: str, value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping) and _SECRET.fullmatch(name) is not None
