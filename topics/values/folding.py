"""How texts are compared where case and accents do not count, as a Turkish reader expects.

İ, I, ı and i are one letter, and ş is s: `istanbul` finds `İstanbul`, `isik` and `IŞIK` find `ışık`.
"""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_DOTLESS = str.maketrans({"ı": "i", "İ": "i", "I": "i"})


def fold(text: str) -> str:
    """Without case and accents. Spaces stay."""
    plain = unicodedata.normalize("NFKD", text.translate(_DOTLESS).casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """The words of a text, folded: letters and digits; everything else only separates them."""
    return _WORD.findall(fold(text))


def coupon_code(text: str) -> str:
    """`" yaz10 "` → `YAZ10`, `İNDİRİM` and `indirim` → `INDIRIM`: the form in which coupons are kept and compared."""
    return fold(text.strip()).upper()
