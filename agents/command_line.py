"""Engineers' commands that need the domains' code: how they begin, and how they say in one line what is in the way."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from agents.domains import exit_without_upcasters
from stores import telemetry
from stores.errors import Doubt
from stores.settings import Settings, load_or_exit
from topics.contracts import all_topics
from topics.messages.topic import Topic

T = TypeVar("T")


class CannotDo(Exception):
    """The message is the whole line."""


def topic_named(name: str) -> Topic:
    """Raises CannotDo."""
    topic = all_topics().get(name)
    if topic is None:
        raise CannotDo(f"no topic {name!r}")
    return topic


def say_json(data: object) -> None:
    sys.stdout.write(f"{msgspec.json.encode(data).decode()}\n")


def run(
    command: str,
    program: str,
    ask: Callable[[Settings], Coroutine[Any, Any, T]],
    tell: Callable[[T], int],
    doubts: tuple[type[Exception], ...] = (Doubt,),
) -> int:
    """The exit code: that of `tell`, which says what `ask` has found; 1 where it cannot be done now. Exits with 2 where a
    setting is unusable.

    command: as its lines name it, e.g. topics. program: as its log names it. doubts: errors after which the command is given
    again.
    """
    exit_without_upcasters()
    settings = load_or_exit()
    telemetry.configure(program, "critical")
    try:
        found = asyncio.run(ask(settings))
    except CannotDo as error:
        sys.stderr.write(f"lezzet {command}: {error}\n")
        return 1
    except doubts as error:
        sys.stderr.write(f"lezzet {command}: {error}; give the command again\n")
        return 1
    return tell(found)
