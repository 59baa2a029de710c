"""What a client would rather have: headers such as `Accept-Encoding: zstd, gzip;q=0.5` (RFC 9110, 12.4)."""

from collections.abc import Mapping
from functools import lru_cache

from topics.values.languages import DEFAULT_LANGUAGE, LANGUAGES, Language

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


def language_of(header: str | None) -> Language:
    """Of an `Accept-Language`; regions do not matter (`en-GB` is `en`). The default where it names none of ours."""
    if not header:
        return DEFAULT_LANGUAGE
    best, best_weight = DEFAULT_LANGUAGE, 0.0
    named = weights(header)
    for language in LANGUAGES:
        mine = [weight for value, weight in named.items() if value.partition("-")[0] == language]
        weight = max(mine) if mine else named.get("*", 0.0)
        if weight > best_weight:
            best, best_weight = language, weight
    return best


def _is_quality(text: str) -> bool:
    whole, _, digits = text.partition(".")
    if whole not in ("0", "1") or len(digits) > 3 or (digits and not (digits.isascii() and digits.isdigit())):
        return False
    return whole == "0" or not digits.strip("0")
