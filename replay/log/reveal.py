"""`--reveal`: personal data in plain, after the topic `engineer_audit` has who wants to see what."""

import argparse
import getpass
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime

from replay.log import secrecy
from replay.tools import Tools
from stores.kafka.raw import RawRecord
from topics.contracts.engineer_audit import TOPIC, CommandGiven, PersonalDataRevealed
from topics.messages import headers, ids

_MOST = 1000  # characters of an argument


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reveal", action="store_true", help="show personal data in plain; who did so is written into engineer_audit"
    )


async def revealed(tools: Tools, command: str, said: argparse.Namespace, *, also: bool = False) -> bool:
    """Whether personal data is to be shown: `--reveal` was said, or `also`. Then it is on record. Raises Unavailable."""
    if not said.reveal and not also:
        return False
    named = sorted((name, value) for name, value in vars(said).items() if name not in ("run", "reveal"))
    await reveal(tools, command, [f"{name}={value}" for name, value in named if value not in (None, False, [])])
    return True


async def reveal(tools: Tools, command: str, arguments: Sequence[str]) -> None:
    """Puts on record that this user is shown personal data by this command. Raises Unavailable: then nothing may be shown."""
    await put_on_record(tools, PersonalDataRevealed, command, arguments)


async def put_on_record(
    tools: Tools, kind: type[PersonalDataRevealed | CommandGiven], command: str, arguments: Sequence[str]
) -> None:
    """Raises Unavailable: then nothing may be done."""
    who, now = f"{_user()}@{socket.gethostname()}", datetime.now(UTC)
    said = tuple(secrecy.shown_text(each.encode(errors="replace"))[:_MOST] for each in arguments)
    message = kind(who=who, at=now, command=command, arguments=said)
    about = {
        headers.ID: ids.fresh(), headers.TYPE: type(message).__name__, headers.SOURCE: "lezzet/engineers",
        headers.TIME: now.isoformat(),
    }  # fmt: skip
    found = [(name, value.encode()) for name, value in about.items()]
    async with tools.producer() as producer:
        await producer.send(RawRecord(TOPIC.name, who.encode(), found, TOPIC.encode(message)))


def _user() -> str:
    """Who gave the command, also by way of sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())  # a user without a name, as in a container
