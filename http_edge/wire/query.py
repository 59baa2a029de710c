"""Text out of URLs: query strings as names and values, percent-decoding. What no row asks for is ignored."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from http_edge.wire.problems import invalid

NOTHING: Mapping[str, str] = {}
MAX_FIELDS = 100

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse(text: str) -> Mapping[str, str]:
    """A name that comes twice with different values is refused: which one was meant would be a guess. Raises Problem."""
    if not text:
        return NOTHING
    pairs = text.split("&")
    if len(pairs) > MAX_FIELDS:
        raise invalid("query", f"has more than {MAX_FIELDS} fields", status=400)
    found: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.replace("+", " ").partition("=")
        plain = decoded(name, "query")
        said = decoded(value, plain[:64] or "query")
        if found.setdefault(plain, said) != said:
            raise invalid(plain[:64], "is given twice, with different values", status=400)
    return found


def decoded(text: str, field_name: str) -> str:
    """Percent-decoded. Raises Problem 400 on bad escapes, on what is not UTF-8, and on NUL."""
    if "%" not in text:
        return text
    if _BAD_PERCENT.search(text):
        raise invalid(field_name, "has a broken percent-encoding", status=400)
    try:
        plain = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise invalid(field_name, "is not UTF-8", status=400) from None
    if "\0" in plain:
        raise invalid(field_name, "NUL characters are not allowed", status=400)
    return plain
