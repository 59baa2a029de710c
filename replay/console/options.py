"""What a page is asked with, and the options of the command that tells the same."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from aiohttp import web

Choice = TypeVar("Choice", str, int)


def one_of(request: web.Request, name: str, choices: Sequence[Choice], otherwise: Choice) -> Choice:
    said = request.query.get(name)
    return next((each for each in choices if str(each) == said), otherwise)


def options(said: Mapping[str, str | None]) -> list[str]:
    """Names without dashes → values. What is empty is left out."""
    return [part for name, value in said.items() if value for part in (f"--{name}", value)]
