"""What a client would rather have: headers such as `Accept-Encoding: zstd, gzip;q=0.5` (RFC 9110, 12.4)."""

from collections.abc import Mapping
from functools import lru_cache

from topics.values.languages import DEFAULT_LANGUAGE, LANGUAGES, Language, language_of_tag

MOST = 20  # of the values that a header names: those behind them are ignored
REMEMBERED = 256  # headers; there are few different ones, unless somebody makes them up


@lru_cache(REMEMBERED)
def weights(header: str) -> Mapping[str, float]:
    """Each value in small letters with its q, 1 where none is said. Values whose q is no number from 0 to 1 are left out."""
    found: dict[str, float] = {}
    for part in header.split(",")[:MOST]:
        value, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        if value and _is_quality(quality):
            found[value] = float(quality)
    return found


def language_said(header: str | None) -> Language | None:
    """The one of ours that an `Accept-Language` likes most; regions do not matter (`en-GB` is `en`). None where it names none
    of ours: `*` alone says nothing."""
    named = weights(header) if header else {}
    said: dict[Language, float] = {}
    for value, weight in named.items():
        language = language_of_tag(value)
        if language is not None:
            said[language] = max(weight, said.get(language, 0.0))
    rest = named.get("*", 0.0)
    best = max(LANGUAGES, key=lambda language: said.get(language, rest))
    return best if said and said.get(best, rest) > 0 else None


def language_of(header: str | None) -> Language:
    """The same for texts that need one: the default where the header names none of ours."""
    return language_said(header) or DEFAULT_LANGUAGE


def _is_quality(text: str) -> bool:
    whole, _, digits = text.partition(".")
    if whole not in ("0", "1") or len(digits) > 3 or (digits and not (digits.isascii() and digits.isdigit())):
        return False
    return whole == "0" or not digits.strip("0")
