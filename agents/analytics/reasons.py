"""Reasons of cancellations and rejections, as one word of a fixed set.

People write what they like, their address and their name among it, and that belongs into no index (docs/analytics.md). Why the
product itself ends an order follows from what happened before.
"""

from topics.values.folding import words

OTHER, UNSAID = "other", "unsaid"
UNPAID, UNANSWERED, UNDELIVERED = "unpaid", "unanswered", "undelivered"

_WORDS: dict[str, tuple[str, ...]] = {
    "out_of_stock": ("stok", "tukendi", "bitti", "kalmadi", "stock", "sold out", "unavailable", "run out"),
    "too_busy": ("yogun", "busy", "cok siparis", "too many"),
    "closed": ("kapali", "kapatt", "kapand", "closed", "closing"),
    "too_late": ("gec", "uzun sur", "bekle", "late", "slow", "too long", "waiting"),
    "changed_mind": ("vazgec", "fikrim", "istemiyor", "changed my mind", "no longer", "do not want", "don t want"),
    "mistake": ("yanlis", "hata", "mistake", "wrong", "accident", "twice", "iki kez"),
    "no_courier": ("kurye", "courier", "rider"),
    "too_far": ("uzak", "bolge", "too far", "area"),
    "unreachable": ("ulasil", "cevap ver", "telefon", "unreachable", "no answer"),
    "price": ("pahali", "fiyat", "expensive", "price"),
}
"""Reason → beginnings of words, folded. The first reason counts of which one stands in the text."""

REASONS = (*_WORDS, OTHER, UNSAID, UNPAID, UNANSWERED, UNDELIVERED)


def reason_of(text: str) -> str:
    if not text.strip():
        return UNSAID
    said = " " + " ".join(words(text))
    return next((reason for reason, begins in _WORDS.items() if any(f" {each}" in said for each in begins)), OTHER)
