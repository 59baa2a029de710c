"""Field types that messages share: what a client may send, and how a refusal of it reads.

`form` names the normal form of a text (topics/values/forms.py) that the edge brings it into; on a topic it stands in that form.
"""

from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from topics.values import forms

T = TypeVar("T")

PERSONAL = Meta(extra={"personal": True}, extra_json_schema={"x-personal": True})
Personal = Annotated[T, PERSONAL]
"""What says who somebody is, where they live, how they are reached, or what they wrote to somebody. Engineers' tools mask it
(topics/personal.py); readers of a topic find `x-personal` in its schema."""

_END = r"(?!\n)$"  # `$` alone would let a trailing newline through

_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:-]*" + _END
_EMAIL = r"^\s*[^@\s,;:<>()\[\]\"\\]+@[^@\s,;:<>()\[\]\"\\]+\.[^@\s,;:<>()\[\]\"\\.]+\s*" + _END
_RECIPIENT = f"({_EMAIL})|({_ID})"
_SAID = r"\S"
_URL = r"^(https?://[^\s/]\S*)?" + _END
_DAY_OR_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}\S*)?" + _END
_SHA256 = r"^[0-9a-f]{64}" + _END
_CARD = r"^[A-Za-z]{2,8}_[A-Za-z0-9_-]{1,100}" + _END
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}" + _END

PATTERNS = {
    _ID: "an id (letters, digits and `_.:-`)",
    _EMAIL: "an e-mail address such as name@example.com",
    _RECIPIENT: "an e-mail address or a user id",
    _SAID: "a text that is not blank",
    _URL: "an absolute http(s) URL",
    _DAY_OR_TIME: "a date or time such as 2026-03-01T19:30",
    _SHA256: "a SHA-256 in hex",
    _UUID: "a UUID",
    _CARD: "a card token of the payment provider, such as tok_success, never a card number",
}
"""Pattern → how an error names it."""

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=_ID)]
Uuid = Annotated[str, Meta(pattern=_UUID)]
CartId = Annotated[str, Meta(max_length=36, extra={"form": "cart_id"})]
"""Id of an anonymous basket. Whoever knows it may use the basket."""
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=_EMAIL, extra={"form": "email"}), PERSONAL]
Recipient = Annotated[str, Meta(min_length=1, max_length=254, pattern=_RECIPIENT)]
"""Engineers see the id of a user, and no mail address: those are masked in every text."""
Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=_SAID, extra={"form": "name"})]
Word = Annotated[str, Meta(max_length=120, extra={"form": "line"})]
Cuisine = Annotated[str, Meta(min_length=1, max_length=60, pattern=_SAID, extra={"form": "name"})]
AnyCuisine = Annotated[str, Meta(max_length=256)]
"""A cuisine to look for. Longer than any Cuisine is allowed: it is not found then."""
Text = Annotated[str, Meta(max_length=2000)]
Note = Annotated[str, Meta(max_length=500), PERSONAL]
"""What a person wrote for another one."""
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=_SAID)]
AddressText = Annotated[str, Meta(max_length=500, extra={"form": "line"}), PERSONAL]
ZipCode = Annotated[str, Meta(max_length=16, extra={"form": "line"}), PERSONAL]
CouponCode = Annotated[str, Meta(max_length=64, extra={"form": "coupon"})]
NewCouponCode = Annotated[str, Meta(max_length=64, extra={"form": "new_coupon"})]
Phone = Annotated[str, Meta(max_length=32, extra={"form": "phone"}), PERSONAL]
Url = Annotated[str, Meta(max_length=2000, pattern=_URL)]
Hours = Annotated[str, Meta(extra={"form": "hours"})]
TimeZone = Annotated[str, Meta(max_length=64, extra={"form": "time_zone"})]
DayOrTime = Annotated[str, Meta(max_length=40, pattern=_DAY_OR_TIME, extra={"form": "day_or_time"})]
SoldOutUntil = Annotated[str, Meta(max_length=40, extra={"form": "today_or_time"})]
CardToken = Annotated[str, Meta(max_length=128, pattern=_CARD)]
"""How the payment provider calls a card. It begins with letters, so a card number is none."""
Sha256 = Annotated[str, Meta(pattern=_SHA256)]
SealedBox = Annotated[str, Meta(min_length=1, max_length=2048)]
"""Base64 of a libsodium sealed box."""

MAX_QUANTITY = 99
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
MAX_PREPARATION, MAX_DELAY = 180, 120
PrepTime = Annotated[int, Meta(ge=1, le=MAX_PREPARATION)]
"""Minutes until an order is ready, as a kitchen says when it accepts one."""
DelayMinutes = Annotated[int, Meta(ge=1, le=MAX_DELAY)]
Moment = Annotated[datetime, Meta(tz=True)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OpenOrClosed = Literal["open", "closed"]
OrderStatus = Literal[
    "placed",
    "accepted",
    "preparing",
    "ready",
    "on_the_way",
    "delivered",
    "picked_up",
    "rejected",
    "expired",
    "cancelled",
]
LAST_STATUSES: frozenset[OrderStatus] = frozenset({"delivered", "picked_up", "rejected", "expired", "cancelled"})
"""Nothing more becomes of an order in one of these."""
Actor = Literal["customer", "owner", "kitchen", "auto", "courier", "system"]
"""Who acted in an order. kitchen: the restaurant's kitchen system. auto: by a setting of the restaurant. system: time, or the
payment."""
PaymentMethod = Literal["credit_card", "cash", "pos"]
PaymentStatus = Literal[
    "pending", "challenged", "authorized", "captured", "voided", "refunded", "failed", "at_the_door"
]
Settlement = Literal["captured", "voided", "refunded"]
"""What becomes of an amount that was authorized."""
PaymentUrl = Annotated[str, Meta(min_length=1, max_length=2000, pattern=_URL)]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a restaurant is, for everybody. Always there in a document, with empty texts for what nobody said."""

    title: Word = ""
    address: Text = ""
    city: Word = ""
    district: Word = ""
    full_address: Text = ""
    zip_code: Annotated[str, Meta(max_length=16)] = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class DayOff(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which a restaurant does not open, in its time zone. reason: for its guests."""

    day: date
    reason: Word = ""


DaysOff = Annotated[tuple[DayOff, ...], Meta(max_length=60)]


def normal_email(address: str) -> str:
    """The form in which an address is claimed, looked up and compared. One that no mail can reach is only trimmed: the edge
    and the intakes refuse it."""
    try:
        return forms.email(address)
    except forms.NotInForm:
        return address.strip()
