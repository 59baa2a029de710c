"""Puts on record, in the topic `engineer_audit`, what an engineer is about to do: first this, then that."""

import argparse
import getpass
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime

from replay.log import secrecy
from replay.log.message import shown_key
from replay.tools import Tools
from stores.kafka.raw import RawRecord
from topics.contracts.engineer_audit import TOPIC, CommandGiven, MessagesPublished, PersonalDataRevealed, ToPublish
from topics.messages import headers, ids

_UNSAID = (None, False, [])
_MOST = 1000  # characters of an argument
_MESSAGES = 250  # in one record: ids and keys of 256 characters each, as JSON escapes them, are below 1 MiB


async def put_on_record(
    tools: Tools, kind: type[PersonalDataRevealed | CommandGiven], command: str, arguments: Sequence[str]
) -> None:
    """Raises Unavailable: then nothing may be done."""
    said = tuple(_without_personal_data(each)[:_MOST] for each in arguments)
    await _send(tools, [kind(who=_who(), at=datetime.now(UTC), command=command, arguments=said)])


def arguments_of(said: argparse.Namespace) -> list[str]:
    """NAME=VALUE of each that was given."""
    named = sorted((name, value) for name, value in vars(said).items() if name not in ("run", "reveal"))
    return [f"{name}={value}" for name, value in named if value not in _UNSAID]


async def put_published_on_record(tools: Tools, topic: str, messages: Sequence[tuple[str, str | None]]) -> None:
    """messages: id and key of each that is to be sent. Raises Unavailable: then nothing may be sent."""
    who, now = _who(), datetime.now(UTC)
    told = [ToPublish(id=_without_personal_data(id), key=shown_key(key)) for id, key in messages]
    parts = [tuple(told[at : at + _MESSAGES]) for at in range(0, len(told), _MESSAGES)]
    await _send(
        tools,
        [MessagesPublished(who=who, at=now, topic=topic, count=len(told), messages=part) for part in parts],
    )


async def _send(tools: Tools, messages: Sequence[PersonalDataRevealed | CommandGiven | MessagesPublished]) -> None:
    async with tools.producer() as producer:
        for message in messages:
            about = {
                headers.ID: ids.fresh(), headers.TYPE: type(message).__name__, headers.SOURCE: "lezzet/engineers",
                headers.TIME: message.at.isoformat(),
            }  # fmt: skip
            found = [(name, value.encode()) for name, value in about.items()]
            await producer.send(RawRecord(TOPIC.name, message.who.encode(), found, TOPIC.encode(message)))


def _without_personal_data(text: str) -> str:
    return secrecy.shown_text(text.encode(errors="replace"))


def _who() -> str:
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    """Who gave the command, also by way of sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())  # a user without a name, as in a container
