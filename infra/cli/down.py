"""`./lezzet down [--purge]`: ends the supervisor and with it everything, and what a killed supervisor left."""

import os
import signal
import time

from infra.cli.arguments import chosen_data, parser
from infra.failure import CannotStart
from infra.layout.folders import DataFolder
from infra.process import identity
from infra.supervision.supervisor import SELF, end_leftovers, supervisor_of, take

PATIENCE = 35.0  # seconds; the supervisor's own bounds add up to less than 30
LOOK_AGAIN = 0.05  # seconds


def main(arguments: list[str]) -> int:
    said = parser("down", __doc__)
    said.add_argument("--purge", action="store_true", help="remove the data folder too")
    chosen = said.parse_args(arguments)
    data = chosen_data(chosen)
    if not data.ours():
        print(f"nothing is up in {data.root}")
        return 0
    print("stopped" if down(data, purge=chosen.purge) else "nothing was up")
    if chosen.purge:
        print(f"removed {data.root}")
    return 0


def down(data: DataFolder, *, purge: bool = False) -> bool:
    """Whether anything ran. Blocks until nothing does. Raises CannotStart."""
    ended, lock = _end_supervisor(data)
    try:
        (data.run / SELF).unlink(missing_ok=True)
        left = end_leftovers(data, print)
        if purge:
            data.purge()
    finally:
        os.close(lock)
    return ended or left


def _end_supervisor(data: DataFolder) -> tuple[bool, int]:
    """Whether one ran, and the lock of the data folder, so that no other one begins before what is left has ended."""
    ended, deadline = False, time.monotonic() + PATIENCE
    while (lock := take(data)) is None:
        running = supervisor_of(data)
        if running:
            print("stopping: edge, agents, servers")
            identity.end(running, signal.SIGTERM, PATIENCE)
            ended = True
        elif time.monotonic() > deadline:
            raise CannotStart(f"somebody has {data.root} and does not say who: is another `down` at work?")
        else:
            time.sleep(LOOK_AGAIN)  # it begins and has not said yet who it is, or it cleans up
    return ended, lock
