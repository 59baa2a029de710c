"""The product's own processes: agents, edge, log agent and console."""

import sys

from infra.layout.folders import CHECKOUT
from infra.layout.site import Site
from infra.process.answers import answers
from infra.process.health import needs_no_more_waiting
from infra.process.program import Program


def agents(site: Site, number: int) -> Program:
    """agents-1, agents-2, ...: all domains each, they share the partitions."""
    port = site.ports["agents_health"] + number - 1
    health = f"http://127.0.0.1:{port}/health/ready"
    return Program(
        name=f"agents-{number}",
        argv=(sys.executable, "-m", "agents"),
        folder=CHECKOUT,
        ready=lambda: needs_no_more_waiting(health),
        ports=(("agents_health", port),),
        environment=site.environment() | {"AGENTS_HEALTH_PORT": str(port)},
        patience=10.0,  # it finishes its batches and leaves its groups, and exits by itself after 8 s
        health=health,
    )


def edge(site: Site, number: int) -> Program:
    """edge-1, edge-2, ...: they share the ports of both gateways, and each has another one where it alone says
    whether it is ready."""
    port = site.ports["edge_health"] + number - 1
    health = f"http://127.0.0.1:{port}/health/ready"
    return Program(
        name=f"edge-{number}",
        argv=(sys.executable, "-m", "http_edge"),
        folder=CHECKOUT,
        ready=lambda: answers(health),
        ports=(("edge", site.ports["edge"]), ("mobile", site.ports["mobile"]), ("edge_health", port)),
        shares_ports=True,
        environment=site.environment() | {"EDGE_HEALTH_PORT": str(port)},
        patience=10.0,  # it lets running requests end, and exits by itself after 9 s
        health=health,
    )


def logs(site: Site) -> Program:
    """Nothing waits for log lines."""
    port = site.ports["logs_health"]
    return Program(
        name="logs",
        argv=(sys.executable, "-m", "agents.logs"),
        folder=CHECKOUT,
        ready=lambda: answers(f"http://127.0.0.1:{port}/health/ready"),
        ports=(("logs_health", port),),
        environment=site.environment() | {"LOGS_HEALTH_PORT": str(port)},
        required=False,
    )


def console(site: Site) -> Program:
    """The engineers' pages. They change nothing."""
    port = site.ports["console"]
    return Program(
        name="console",
        argv=(sys.executable, "-m", "replay", "console", "--supervised", "--port", str(port)),
        folder=CHECKOUT,
        ready=lambda: answers(f"http://127.0.0.1:{port}/health/live"),
        ports=(("console", port),),
        environment=site.environment(),
        required=False,
    )
