"""Checks of single values: texts, numbers, days and times. For whole messages see topics/values/validation.py."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import inspect

from topics.values.faults import Fault, Faults, wanted
from topics.values.fields import PATTERNS
from topics.values.forms import FORMS, NotInForm

_INTEGER, _NUMBER = re.compile(r"-?\d{1,18}", re.ASCII), re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_BOOLEANS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}

Check = Callable[[Any, str, Faults], Any]
"""(value, path, faults so far) → the value in its normal form. What is wrong is added to the faults."""


def text_check(info: inspect.StrType, form: str | None) -> Check:
    """form: name of the normal form in topics/values/forms.py, None where the text stays as it is."""
    normal = FORMS[form] if form is not None else None
    pattern = None if info.pattern is None or form is not None else re.compile(info.pattern)
    why_unfit = _text_limits(info.min_length or 0, info.max_length, pattern)

    def check(value: Any, path: str, faults: Faults) -> Any:
        if not isinstance(value, str):
            return wanted("text", value, path, faults)
        try:
            said = value if normal is None else normal(value)
            said.encode()
        except NotInForm as error:
            faults.append(Fault(path, str(error)))
            return value
        except UnicodeEncodeError:
            faults.append(Fault(path, "is no text: half of a surrogate pair stands alone"))
            return value
        if (why := why_unfit(said)) is not None:
            faults.append(Fault(path, why))
        return said

    return check


def _text_limits(least: int, most: int | None, pattern: re.Pattern[str] | None) -> Callable[[str], str | None]:
    """A text in its normal form → what is wrong with its length or pattern, None where nothing is."""
    named = PATTERNS.get(pattern.pattern if pattern else "", "another form")

    def why_unfit(said: str) -> str | None:
        if most is not None and len(said) > most:
            return f"at most {most} characters, these are {len(said)}"
        if len(said) < least:
            return "is empty" if least == 1 else f"at least {least} characters"
        return f"must be {named}" if pattern is not None and pattern.search(said) is None else None

    return why_unfit


def number_check(info: inspect.IntType | inspect.FloatType) -> Check:
    whole = isinstance(info, inspect.IntType)
    bounds = _bounds(info)

    def check(value: Any, path: str, faults: Faults) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return wanted("a whole number" if whole else "a number", value, path, faults)
        if not _is_finite(value):
            faults.append(Fault(path, "is larger than any number may be"))
            return value
        if whole and value != int(value):
            faults.append(Fault(path, "a whole number is needed"))
            return value
        for allows, why in bounds:
            if not allows(value):
                faults.append(Fault(path, why))
                return value
        return int(value) if whole else value

    return check


_ROUNDING = 1e-12  # of a sum of binary fractions, relative: a thousand additions err by less


def hundredths_check(info: inspect.IntType) -> Check:
    """A number with two decimals → whole hundredths of it, within the bounds of these."""
    bounds = _bounds(info, 100)

    def check(value: Any, path: str, faults: Faults) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return wanted("a number", value, path, faults)
        if not _is_finite(value):
            faults.append(Fault(path, "is larger than any number may be"))
            return value
        for allows, why in bounds:
            if not allows(value * 100):
                faults.append(Fault(path, why))
                return value
        hundredths = round(value * 100)
        # Clients add amounts up in binary fractions: 0.1 + 0.2 gives 0.30000000000000004, and means 0.30.
        if abs(value * 100 - hundredths) > _ROUNDING * max(1, hundredths):
            faults.append(Fault(path, "has more than two decimals"))
        return hundredths

    return check


def _bounds(info: inspect.IntType | inspect.FloatType, scale: int = 1) -> list[tuple[Callable[[float], bool], str]]:
    """scale: how many of what is checked are one of what the errors speak of."""
    found: list[tuple[Callable[[float], bool], str]] = []
    if (least := info.ge) is not None:
        found.append((lambda value: value >= least, f"at least {_plain(least / scale)}"))
    if (above := info.gt) is not None:
        found.append((lambda value: value > above, f"more than {_plain(above / scale)}"))
    if (most := info.le) is not None:
        found.append((lambda value: value <= most, f"at most {_plain(most / scale)}"))
    if (below := info.lt) is not None:
        found.append((lambda value: value < below, f"less than {_plain(below / scale)}"))
    if isinstance(info, inspect.IntType) and info.le is None:
        found.append((lambda value: value < 2**63, f"at most {2**63 - 1}"))
    return found


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an int beyond what a float holds
        return True


def literal_check(info: inspect.LiteralType) -> Check:
    allowed = info.values
    listed = ", ".join(str(each) for each in allowed)

    def check(value: Any, path: str, faults: Faults) -> Any:
        if value not in allowed:
            faults.append(Fault(path, f"must be one of {listed}"))
        return value

    return check


def check_boolean(value: Any, path: str, faults: Faults) -> Any:
    return value if isinstance(value, bool) else wanted("true or false", value, path, faults)


def check_date(value: Any, path: str, faults: Faults) -> Any:
    try:
        if len(value) == len("1990-05-01"):  # fromisoformat also reads 19900501 and 1990-W18-2
            return date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    faults.append(Fault(path, "must be a day that there is, such as 1990-05-01"))


def check_datetime(value: Any, path: str, faults: Faults) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        faults.append(Fault(path, "must be a time such as 2026-03-01T19:30:00+03:00"))
        return None
    if found.tzinfo is None:
        faults.append(Fault(path, "must say its time zone, as in 2026-03-01T19:30:00+03:00"))
    return found


def whole_said(text: str) -> int | None:
    """The whole number that a text of a query string says, None where it says none."""
    return int(text) if _INTEGER.fullmatch(text) else None


def decimal_said(text: str) -> float | None:
    """The number that a text of a query string says, None where it says none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def boolean_said(text: str) -> bool | None:
    """What `true`, `false`, `1` and `0` of a query string say, None for any other text."""
    return _BOOLEANS.get(text)
