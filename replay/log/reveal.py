"""`--reveal`: personal data in plain, after the topic `engineer_audit` has who wants to see what."""

import argparse
from collections.abc import Sequence

from replay.log.on_record import arguments_of, put_on_record
from replay.tools import Tools
from topics.contracts.engineer_audit import PersonalDataRevealed


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reveal", action="store_true", help="show personal data in plain; who did so is written into engineer_audit"
    )


async def revealed(tools: Tools, command: str, said: argparse.Namespace, *, also: bool = False) -> bool:
    """Whether personal data is to be shown: `--reveal` was said, or `also`. Then it is on record. Raises Unavailable."""
    if not said.reveal and not also:
        return False
    await reveal(tools, command, arguments_of(said))
    return True


async def reveal(tools: Tools, command: str, arguments: Sequence[str]) -> None:
    """Puts on record that this user is shown personal data by this command. Raises Unavailable: then nothing may be shown."""
    await put_on_record(tools, PersonalDataRevealed, command, arguments)
