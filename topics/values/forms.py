"""Normal forms of texts, for what a pattern cannot say: e-mail addresses, phone numbers, names, times.

Each function takes what somebody wrote and gives the normal form, in which it is stored, compared and limited. It raises
NotInForm with a reason in plain words. A field names its form in its type (topics/values/fields.py); the edge applies it
(topics/values/validation.py) before it checks lengths, so that a limit counts what is stored.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import available_timezones

import email_validator
import phonenumbers

from topics.values import opening_hours
from topics.values.folding import coupon_code

DEFAULT_REGION = "TR"
"""Where a phone number without a country code belongs."""

TODAY = "today"

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols by category, and nothing to see
_JOINERS = frozenset("\u200c\u200d")
_SEEN = ("L", "N", "P", "S")
_NOT_IN_LINES = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_MARKS = 30
"""Accents of one letter, at most: Unicode's Stream-Safe Text Format (UAX #15, 13). NFC puts them in order, in the square of the
time of their number."""
_MAY_BE_MARKS = re.compile(rf"[^\0-\u02ff]{{{_MARKS + 1},}}")
_LONGEST_ADDRESS = 1_000  # characters that are looked at: what is wrong with a longer one is that it is
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,31}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)

# Files among the zones of some machines: others lack them, or have other hours in them.
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})


class NotInForm(ValueError):
    """The text does not have the form. The message says why, in words for whoever wrote the text."""


def email(text: str) -> str:
    """`Ayse@Örnek.com` → `ayse@xn--rnek-5qa.com`. The part before the @ is ASCII: not every mail server takes another."""
    said = text.strip()
    if len(said) > _LONGEST_ADDRESS:
        raise NotInForm("is no e-mail address: it is too long")
    try:
        found = email_validator.validate_email(said, strict=True, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise NotInForm(f"is no e-mail address: {str(error).strip().rstrip('.')}") from None
    if not found.local_part.isascii():
        letter = next(letter for letter in found.local_part if not letter.isascii())
        raise NotInForm(f"has the letter {letter!r} before the @, where only ASCII letters can be delivered")
    if (
        "=?" in found.local_part
    ):  # begins an encoded word (RFC 2047): mail programs would read another address out of it
        raise NotInForm("has =? before the @, which no mail can be addressed to")
    return f"{found.local_part}@{found.ascii_domain}".lower()


def phone(text: str) -> str:
    """`(0532) 111 22 33` → `+905321112233` (E.164)."""
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        raise NotInForm("is no phone number, one is +90 532 111 22 33") from None
    if not phonenumbers.is_valid_number(number):
        raise NotInForm("is no phone number that exists, one is +90 532 111 22 33")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def line(text: str) -> str:
    """One line that may be empty: NFC, no spaces around it, and no control or format characters."""
    said = _composed(text).strip()
    for place, letter in enumerate(said):
        if unicodedata.category(letter) in _NOT_IN_LINES and not _joins(said, place):
            raise NotInForm(f"holds the invisible character U+{ord(letter):04X}, which is not allowed here")
    if said and not any(_is_seen(letter) for letter in said):
        raise NotInForm("has no visible character")
    return said


def name(text: str) -> str:
    """As line(), and not empty."""
    said = line(text)
    if not said:
        raise NotInForm("is blank, and needs a visible character")
    return said


def password(text: str) -> str:
    """NFC: keyboards differ in how they send ş or ğ. Nothing is stripped."""
    return _composed(text)


def day_or_time(text: str) -> str:
    """A day (`2026-03-01`) or a moment (`2026-03-01T19:30`, with or without seconds and zone). As it was written."""
    said = text.strip()
    try:
        if _DAY.fullmatch(said):
            date.fromisoformat(said)
            return said
        if _MOMENT.fullmatch(said):
            datetime.fromisoformat(said)
            return said
    except ValueError as error:
        raise NotInForm(f"there is no such day or time: {error}") from None
    raise NotInForm("is neither a date nor a time such as 2026-03-01T19:30")


def today_or_time(text: str) -> str:
    """`today`, or as day_or_time()."""
    if text.strip().lower() == TODAY:
        return TODAY
    try:
        return day_or_time(text)
    except NotInForm as error:
        raise NotInForm(f"{error}, nor {TODAY!r}") from None


def cart_id(text: str) -> str:
    """A UUID of version 4 in lower case. Other versions can be guessed, and this id is the permission."""
    said = text.lower()
    if _UUID4.fullmatch(said) is None:
        raise NotInForm("is no UUID of version 4, one is 0b9f8a52-6a3e-4d1c-9a77-3f2e1d0c5b4a")
    return said


def hours(text: str) -> str:
    """`11:30-14:00,18:30-21:00`, without spaces and in order. `24:00` ends a day; `22:00-02:00` ends on the next one."""
    try:
        return opening_hours.normal_day(text)
    except ValueError as error:
        raise NotInForm(str(error)) from None


def coupon(text: str) -> str:
    """As coupons are looked up: trimmed, without case and accents. May be empty: no coupon."""
    return coupon_code(line(text))


def new_coupon(text: str) -> str:
    """As coupon(), for one that is being made."""
    code = coupon(text)
    if not _CODE.fullmatch(code):
        raise NotInForm("must be 3 to 32 letters, digits, `_` or `-`, and begin with a letter or digit")
    return code


def time_zone(text: str) -> str:
    if text not in _zones():
        raise NotInForm("is no time zone of the IANA database such as Europe/Istanbul")
    return text


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONES


def _composed(text: str) -> str:
    """NFC. Raises NotInForm."""
    for run in _MAY_BE_MARKS.finditer(text):
        marks = 0
        for letter in run[0]:
            # three marks have none of the class that says so, and are made of two that have it
            marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFD", letter)[0]) else 0
            if marks > _MARKS:
                raise NotInForm(f"has more than {_MARKS} accents on one letter")
    return unicodedata.normalize("NFC", text)


def _joins(text: str, place: int) -> bool:
    """A joiner inside a word: Persian and Indic words, and emoji, are written with it."""
    inside = 0 < place < len(text) - 1
    return text[place] in _JOINERS and inside and _is_seen(text[place - 1]) and _is_seen(text[place + 1])


def _is_seen(letter: str) -> bool:
    # a combining mark shows beside its letter: it may stand before a joiner
    return unicodedata.category(letter)[0] in (*_SEEN, "M") and letter not in _BLANK


FORMS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        form.__name__: form
        for form in (
            email,
            phone,
            line,
            name,
            password,
            day_or_time,
            today_or_time,
            hours,
            time_zone,
            coupon,
            new_coupon,
            cart_id,
        )
    }
)
"""Name, as field types say it (`extra={"form": …}`) → function."""
