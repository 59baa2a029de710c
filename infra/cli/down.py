"""`./lezzet down [--purge]`: ends the supervisor and with it everything, and what a killed supervisor left."""

import signal

from infra.cli.arguments import chosen_data, parser
from infra.layout.folders import DataFolder
from infra.process import identity
from infra.supervision.supervisor import SELF, end_leftovers, supervisor_of

PATIENCE = 35.0  # the supervisor's own bounds add up to less than 30 s


def main(arguments: list[str]) -> int:
    said = parser("down", __doc__)
    said.add_argument("--purge", action="store_true", help="remove the data folder too")
    chosen = said.parse_args(arguments)
    data = chosen_data(chosen)
    if not data.ours():
        print(f"nothing is up in {data.root}")
        return 0
    print("stopped" if down(data) else "nothing was up")
    if chosen.purge:
        data.purge()
        print(f"removed {data.root}")
    return 0


def down(data: DataFolder) -> bool:
    """Whether anything ran. Blocks until nothing does."""
    running = supervisor_of(data)
    if running:
        print("stopping: edge, agents, servers")
        identity.end(running, signal.SIGTERM, PATIENCE)
    (data.run / SELF).unlink(missing_ok=True)
    left = end_leftovers(data, print)
    return running is not None or left
