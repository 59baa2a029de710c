"""`./lezzet server stop|start|kill NAME`: one process of a running stack."""

from infra.cli.arguments import chosen_data, parser
from infra.supervision import control

ACTIONS = {"stop": control.stop, "start": control.start, "kill": control.kill}


def main(arguments: list[str]) -> int:
    said = parser("server", "stop: it stays down. start: it comes back. kill: SIGKILL, the supervisor starts it again.")
    said.add_argument("action", choices=ACTIONS)
    said.add_argument("name", help="a name that ./lezzet status shows")
    chosen = said.parse_args(arguments)
    ACTIONS[chosen.action](chosen_data(chosen), chosen.name)
    return 0
