"""What pages ask with."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from replay.console.pulse import Pulse
from replay.console.readers import Readers
from replay.tools import Tools
from stores.errors import Doubt

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """write: whether the console was started with --write. environment: of commands that it gives."""

    tools: Tools
    readers: Readers
    pulse: Pulse
    write: bool
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Away:
    """What a page shows in place of what a server would have said."""

    why: str


async def or_away(asked: Awaitable[T]) -> T | Away:
    """For a page that is of use without it."""
    try:
        return await asked
    except Doubt as error:  # Unavailable is one
        return Away(str(error))


def not_now(error: Doubt) -> str:
    """What a page says where a server that it cannot do without is away."""
    return f"{error}: ./lezzet status shows what runs"
