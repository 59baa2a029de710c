"""How texts are compared where case and accents do not count, as a Turkish reader expects.

İ, I, ı and i are one letter, and ş is s: `istanbul` finds `İstanbul`, `isik` and `IŞIK` find `ışık`.
"""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_DOTLESS = str.maketrans({"ı": "i", "İ": "i", "I": "i"})


class _Plain(dict[int, str]):
    """Of a letter, what it is made of but for its accents. Kept for letters that are made of others, which bounds it."""

    def __missing__(self, point: int) -> str:
        letter = chr(point)
        # 𝐊 has no small letter, but what it is made of has one
        parts = unicodedata.normalize("NFKD", letter).translate(_DOTLESS).casefold()
        plain = "".join(part for part in parts if not unicodedata.combining(part))
        if plain != letter:
            self[point] = plain
        return plain


_plain = _Plain()


def fold(text: str) -> str:
    """Without case and accents. Spaces stay. Letter by letter: to normalize a text with many accents in a row takes the square
    of their number."""
    return text.translate(_DOTLESS).casefold().translate(_plain)


def words(text: str) -> list[str]:
    """The words of a text, folded: letters and digits; everything else only separates them."""
    return _WORD.findall(fold(text))


def coupon_code(text: str) -> str:
    """`" yaz10 "` → `YAZ10`, `İNDİRİM` and `indirim` → `INDIRIM`: the form in which coupons are kept and compared."""
    return fold(text.strip()).upper()
