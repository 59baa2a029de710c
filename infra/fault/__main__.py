"""`python -m infra.fault NAME [options]`: each fault is a row. Exit code 0: every promise held; 1: one did not."""

import asyncio
import importlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from infra.audit.findings import Findings


class Fault(NamedTuple):
    """module: has `async def run(arguments) -> Findings`, where --help and wrong options end the program."""

    name: str
    module: str
    says: str


FAULTS = (
    Fault("workers", "infra.fault.workers", "agents processes are killed, ended and stopped under a load of commands"),
    Fault("outages", "infra.fault.outages", "Kafka, PostgreSQL, MongoDB and Redis go away under HTTP load"),
    Fault("storm", "infra.fault.storm", "workers and servers go away at the same time"),
    Fault(
        "rolling",
        "infra.fault.rolling",
        "agents are restarted with the next release, back, and forwards, under HTTP load",
    ),
    Fault("orders", "infra.fault.orders", "guests order, kitchens answer at random, and whatever takes part is killed"),
    Fault("rabbit", "infra.fault.rabbit", "RabbitMQ is away for minutes while guests order"),
    Fault("coupons", "infra.fault.coupons", "all want the last use of a coupon at once, while agents are killed"),
    Fault("timers", "infra.fault.timers", "100,000 timers wait, agents are killed, the clock jumps an hour"),
    Fault("guards", "infra.fault.guards", "the tests of the runtime without one of its guards turn red"),
    Fault("clients", "infra.fault.clients", "a hostile client beside an honest one at the edge's connections"),
    Fault("greed", "infra.fault.greed", "one client takes all it can, beside an honest user"),
    Fault("ending", "infra.fault.ending", "every process gets SIGTERM while Kafka is away"),
)


def main(arguments: list[str]) -> int:
    chosen = [fault for fault in FAULTS if fault.name in arguments[:1]]
    if not chosen:
        print("usage: ./lezzet fault NAME [options]")
        for fault in FAULTS:
            print(f"  {fault.name:10} {fault.says}")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    for client in ("aiokafka", "aiormq", "aio_pika"):  # our own meet the outages, too
        logging.getLogger(client).setLevel(logging.CRITICAL)
    run: Callable[[list[str]], Awaitable[Findings]] = importlib.import_module(chosen[0].module).run
    try:
        findings = asyncio.run(_await(run, arguments[1:]))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    print(findings.line(chosen[0].name), flush=True)
    return 0 if findings.clean else 1


async def _await(run: Callable[[list[str]], Awaitable[Findings]], arguments: list[str]) -> Findings:
    """After SIGTERM, too, it ends what it has begun: a process that it has stopped would hear nothing and stay for ever."""
    running = asyncio.ensure_future(run(arguments))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await running


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
