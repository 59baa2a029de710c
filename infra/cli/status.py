"""`./lezzet status [--json]`: exit code 0 when all that is required runs."""

import json
import sys
from dataclasses import asdict
from typing import Any

from infra.cli.arguments import chosen_data, parser
from infra.failure import CannotStart
from infra.layout.folders import DataFolder
from infra.layout.site import Site
from infra.process.health import Health, health_of
from infra.supervision import control
from replay.console.entering import console_key, link

SERVED_BY = {"smtp": "mailbox", "mail": "mailbox", "mobile": "edge", "redis_baskets": "redis-baskets"}
"""Which process has an address, where that is not the one of its name."""


def main(arguments: list[str]) -> int:
    said = parser("status", __doc__)
    said.add_argument(
        "--json", action="store_true", help='{"processes": [{name, pid, state, lag?, lacks?}], "endpoints": {..}}'
    )
    chosen = said.parse_args(arguments)
    data = chosen_data(chosen)
    try:
        states = control.states(data)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        states = []
    processes = [_shown(state) for state in states]
    endpoints = asdict(Site.of(data).endpoints) if data.ours() else {}
    if chosen.json:
        print(json.dumps({"processes": processes, "endpoints": endpoints}))
    elif states:
        _print(processes, reachable(processes, endpoints) | _entrance(processes, data))
    return 0 if states and all(state["state"] == "running" for state in states if state["required"]) else 1


def _entrance(processes: list[dict[str, Any]], data: DataFolder) -> dict[str, str]:
    """A link into the console, where it runs, or will in a moment."""
    if not any(process["name"] == "console" and process["state"] in ("running", "starting") for process in processes):
        return {}
    made = link(console_key(data.keys), Site.of(data).ports["console"])
    return {"console": f"{made}  (good once, within an hour)"}


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    shown = {name: state[name] for name in ("name", "pid", "state")}
    said = health_of(state["health"]) if state["health"] else Health()
    lag = {} if said.lag is None else {"lag": said.lag}
    return shown | lag | ({"lacks": list(said.lacks)} if said.lacks else {})


def reachable(processes: list[dict[str, Any]], endpoints: dict[str, str]) -> dict[str, str]:
    """The addresses at which there is something: a stack may have been started without some servers, or without edges."""
    names = {process["name"].removesuffix("-1") for process in processes}
    return {name: address for name, address in endpoints.items() if SERVED_BY.get(name, name) in names}


def _print(processes: list[dict[str, Any]], endpoints: dict[str, str]) -> None:
    for process in processes:
        lag = f"  lag {process['lag']}" if "lag" in process else ""
        lacks = f"  lacks {', '.join(process['lacks'])}" if "lacks" in process else ""
        print(f"{process['name']:13} {process['state']:9} {process['pid'] or '-':>7}{lag}{lacks}")
    print()
    for name, address in endpoints.items():
        print(f"{name:13} {address}")
