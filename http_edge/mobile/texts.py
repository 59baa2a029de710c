"""Numbers as people read them, in Turkish or English, so that phones show them as they are."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from http_edge.wire.preferences import Language
from topics.values.opening_hours import DEFAULT_ZONE

DAYS: dict[Language, tuple[str, ...]] = {
    "tr": ("Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
STATUSES: dict[Language, dict[str, str]] = {
    "tr": {
        "placed": "Siparişin alındı",
        "accepted": "Restoran siparişini onayladı",
        "preparing": "Siparişin hazırlanıyor",
        "ready": "Siparişin hazır",
        "on_the_way": "Siparişin yolda",
        "delivered": "Siparişin teslim edildi",
        "picked_up": "Siparişini teslim aldın",
        "rejected": "Restoran siparişini alamadı",
        "expired": "Siparişin zamanında onaylanmadı",
        "cancelled": "Siparişin iptal edildi",
    },
    "en": {
        "placed": "Your order is placed",
        "accepted": "The restaurant has accepted your order",
        "preparing": "Your order is being prepared",
        "ready": "Your order is ready",
        "on_the_way": "Your order is on the way",
        "delivered": "Your order is delivered",
        "picked_up": "You have picked up your order",
        "rejected": "The restaurant could not take your order",
        "expired": "Your order was not confirmed in time",
        "cancelled": "Your order is cancelled",
    },
}
PAYMENT_STATUSES: dict[Language, dict[str, str]] = {
    "tr": {
        "pending": "Ödeme bekleniyor",
        "challenged": "Bankanın onayı bekleniyor",
        "authorized": "Ödeme onaylandı",
        "captured": "Ödendi",
        "voided": "Karttan para çekilmedi",
        "refunded": "İade edildi",
        "failed": "Ödeme alınamadı",
        "at_the_door": "Kapıda ödenecek",
    },
    "en": {
        "pending": "Waiting for the payment",
        "challenged": "Your bank asks you to confirm",
        "authorized": "The payment is confirmed",
        "captured": "Paid",
        "voided": "Nothing was charged",
        "refunded": "Refunded",
        "failed": "The payment has failed",
        "at_the_door": "To be paid at the door",
    },
}
PAYMENTS: dict[Language, dict[str, str]] = {
    "tr": {"credit_card": "Kredi kartı", "cash": "Nakit", "pos": "Kapıda kart"},
    "en": {"credit_card": "Credit card", "cash": "Cash", "pos": "Card at the door"},
}
_BYTES_OF_CHARACTER = 6  # in JSON, at most: \\u0001
_COOKED = ("accepted", "preparing")
_DAY_LENGTH = timedelta(days=1)
_TURKISH = str.maketrans(",.", ".,")  # 1.249,90 for 1,249.90


def money(kurus: int, language: Language) -> str:
    text = f"{kurus // 100:,}.{kurus % 100:02d} TL"
    return text.translate(_TURKISH) if language == "tr" else text


def fee(kurus: int, language: Language) -> str:
    """Of a delivery."""
    free = "Ücretsiz teslimat" if language == "tr" else "Free delivery"
    return money(kurus, language) if kurus else free


def minimum(kurus: int, language: Language) -> str:
    """Of an order."""
    none = "Alt sınır yok" if language == "tr" else "No minimum"
    return money(kurus, language) if kurus else none


def pickup(language: Language) -> str:
    return "Gel al" if language == "tr" else "Pickup"


def to_minimum(kurus: int, language: Language) -> str:
    """kurus: what a basket lacks to its restaurant's minimum."""
    amount = money(kurus, language)
    return f"En az tutara {amount} kaldı" if language == "tr" else f"{amount} to the minimum"


def payment(method: str, language: Language) -> str:
    """One that is newer than this code is named as it is."""
    return PAYMENTS[language].get(method, method)


def minutes(count: int, language: Language) -> str:
    return f"{count} dk" if language == "tr" else f"{count} min"


def distance(kilometres: float, language: Language) -> str:
    """Tens of metres below a kilometre, then one digit below ten of them."""
    metres = round(kilometres * 100) * 10
    if metres < 1000:
        return f"{metres} m"
    return f"{_number(kilometres, 1 if kilometres < 9.95 else 0, language)} km"


def rating(average: float, count: int, language: Language) -> str:
    """Empty where nobody has rated."""
    return f"{_number(average, 1, language)} ({_number(count, 0, language)})" if count else ""


def open_until(closes: datetime | None, at: datetime, language: Language) -> str:
    """closes: in the restaurant's zone; None: not within a week. at: the moment of which it tells."""
    if closes is None:
        return "Her zaman açık" if language == "tr" else "Always open"
    day = f"{DAYS[language][closes.weekday()]} " if closes - at > _DAY_LENGTH else ""
    return f"Açık, kapanış {day}{closes:%H:%M}" if language == "tr" else f"Open until {day}{closes:%H:%M}"


def closed_until(opens: datetime | None, at: datetime, language: Language) -> str:
    """opens: in the restaurant's zone; None: nobody knows. at: the moment of which it tells, in that zone."""
    if opens is None:
        return "Kapalı" if language == "tr" else "Closed"
    days = (opens.date() - at.date()).days
    near = "" if not days else f"{DAYS[language][opens.weekday()]} "
    day = near if days < len(DAYS[language]) else f"{_day(opens, language)} "
    return f"Kapalı, açılış {day}{opens:%H:%M}" if language == "tr" else f"Closed, opens {day}{opens:%H:%M}"


def items(count: int, language: Language) -> str:
    """How many things a basket or an order holds."""
    return f"{count} ürün" if language == "tr" else f"{count} item" if count == 1 else f"{count} items"


def status(name: str, language: Language) -> str:
    """Of an order; one that is newer than this code is named as it is."""
    return STATUSES[language].get(name, name)


def payment_status(name: str | None, language: Language) -> str:
    """Of an order, None where no payment was asked for; one that is newer than this code is named as it is."""
    return "" if name is None else PAYMENT_STATUSES[language].get(name, name)


def refunded(kurus: int, language: Language) -> str:
    """What was paid back of an order; empty where nothing was."""
    if not kurus:
        return ""
    return f"{money(kurus, language)} {'iade edildi' if language == 'tr' else 'refunded'}"


def ready(at: datetime | None, status: str, language: Language) -> str:
    """When an order that is cooked is ready, by the clock of Turkey; empty where there is nothing to say of it."""
    if at is None or status not in _COOKED:
        return ""
    local = at.astimezone(ZoneInfo(DEFAULT_ZONE))
    return f"Hazır olma saati {local:%H:%M}" if language == "tr" else f"Ready at {local:%H:%M}"


def moment(at: datetime, language: Language) -> str:
    """Day and time in Turkey."""
    local = at.astimezone(ZoneInfo(DEFAULT_ZONE))
    return f"{_day(local, language)} {local:%H:%M}"


def last_day(at: datetime, language: Language) -> str:
    """at: the last moment of something, which is told by its day in Turkey."""
    said = _day(at.astimezone(ZoneInfo(DEFAULT_ZONE)), language)
    return f"Son gün {said}" if language == "tr" else f"Until {said}"


def _day(local: datetime, language: Language) -> str:
    return f"{local:%d.%m.%Y}" if language == "tr" else f"{local:%Y-%m-%d}"


def address(street: str, district: str, city: str) -> str:
    """On one line; what nobody said is left out."""
    area = "/".join(part for part in (district, city) if part)
    return ", ".join(part for part in (street, area) if part)


def cut(text: str, most: int) -> str:
    """The text, or its beginning and `…` where it would take more than `most` bytes (at least 4) as JSON in UTF-8."""
    if len(text) * _BYTES_OF_CHARACTER <= most or _bytes_of(text) <= most:
        return text
    left = most - _bytes_of("…")
    kept = 0
    for character in text:
        left -= _bytes_of(character)
        if left < 0:
            break
        kept += 1
    return f"{text[:kept]}…"


def _bytes_of(text: str) -> int:
    return len(msgspec.json.encode(text)) - 2  # the quotation marks


def _number(value: float, digits: int, language: Language) -> str:
    text = f"{value:,.{digits}f}"
    return text.translate(_TURKISH) if language == "tr" else text
