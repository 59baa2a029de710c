"""Money: whole kuruş (1/100 Turkish lira) in messages, states, facts and documents, so that sums are exact.

Clients say and read lira, as JSON numbers with two decimals. The edge converts where JSON comes in, by the form that
the types name (topics/values/validation.py), and where it leaves (http_edge/wire/amounts.py).
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, cast

from msgspec import Meta

FORM = "hundredths"
"""Of a number that clients say and read with two decimals, and that stands on topics as the whole number of hundredths."""

Kurus = Annotated[
    int, Meta(ge=0, le=100_000_000, extra={"form": FORM}, extra_json_schema={"x-hundredths-of": "Turkish lira"})
]
"""A price or fee, in kuruş: up to a million lira."""

KurusSum = Annotated[
    int, Meta(ge=0, le=10**14, extra={"form": FORM}, extra_json_schema={"x-hundredths-of": "Turkish lira"})
]
"""What prices and fees add up to, in kuruş: more than any order comes to, and exact as a JSON number of lira, too."""

KurusPart = Annotated[
    int, Meta(ge=1, le=10**14, extra={"form": FORM}, extra_json_schema={"x-hundredths-of": "Turkish lira"})
]
"""A part of such a sum, in kuruş: not nothing."""


def lira(kurus: int) -> str:
    """As texts say it: 1250 is `12.50`."""
    return f"{kurus // 100}.{kurus % 100:02d}"


def of_lira(amount: float) -> int:
    """Half a kuruş is rounded up. The shortest decimal text of the number counts: 1.005 is 101, not 100."""
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def lira_before(*paths: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A step from a form with amounts in lira to the one in kuruş (topics/messages/upcasting.py).

    paths: where amounts stand, as names of fields with dots between them. Lists are walked through; `*` stands for each value
    of an object. What is not there, null, or no number stays as it is.
    """
    parted = [path.split(".") for path in paths]

    def step(body: dict[str, Any]) -> dict[str, Any]:
        for path in parted:
            body = cast(dict[str, Any], _in_kurus(body, path))
        return body

    return step


def _in_kurus(value: Any, path: list[str]) -> Any:
    if isinstance(value, list):
        return [_in_kurus(each, path) for each in cast(list[Any], value)]
    if not path:
        return of_lira(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(value, dict):
        return value
    fields, name = cast(dict[str, Any], value), path[0]
    named = fields if name == "*" else {name: fields[name]} if name in fields else {}
    return fields | {key: _in_kurus(each, path[1:]) for key, each in named.items()}
