"""`./lezzet up`: starts everything and stays to supervise it; with --detach it stays behind and the shell is free."""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from infra.cli.arguments import chosen_data, parser
from infra.cli.walk import addresses, walk
from infra.layout.folders import CHECKOUT, DataFolder
from infra.layout.site import Site
from infra.layout.versions import AGENTS_AT_MOST, EDGES_AT_MOST
from infra.process.spawn import trim
from infra.stack.start import Size, Start
from infra.supervision.supervisor import take
from stores.settings import load_or_exit

UP = "\0up"  # the last word to the shell that waits for a detached start


def main(arguments: list[str]) -> int:
    chosen = _parser().parse_args(arguments)
    data = chosen_data(chosen)
    data.make()
    lock = take(data) if chosen.lock is None else chosen.lock
    if lock is None:
        print(f"{data.root} is up already, or coming up, and stays as it is:\n{addresses(Site.of(data))}")
        return 0
    if chosen.detach:
        return _detach(data, arguments, lock)
    site = Site.make(data, offset=chosen.port_offset, free=chosen.free_ports)
    load_or_exit(site.environment())  # else the first process that reads it tells, with the servers up already
    product = chosen.only != "servers"
    size = Size(chosen.agents, chosen.edges, product=product, later=chosen.only != "core", few=chosen.few_demo_data)
    say = _sayer(chosen.announce)
    asyncio.run(Start(site, size, say, lock).run(lambda: _announce(site, product, say, chosen.announce)))
    say("all stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    said = parser("up", __doc__)
    said.add_argument("--detach", action="store_true", help="return when it is up, leaving a supervisor behind")
    ports = said.add_mutually_exclusive_group()
    ports.add_argument("--port-offset", type=int, metavar="N", help="all default ports plus N")
    ports.add_argument("--free-ports", action="store_true", help="ports that are free now")
    said.add_argument(
        "--agents",
        type=int,
        default=1,
        choices=range(1, AGENTS_AT_MOST + 1),
        metavar="N",
        help=f"1 to {AGENTS_AT_MOST}",
    )
    said.add_argument(
        "--edges", type=int, default=1, choices=range(1, EDGES_AT_MOST + 1), metavar="N", help=f"1 to {EDGES_AT_MOST}"
    )
    said.add_argument(
        "--only",
        choices=("servers", "core"),
        help="servers: no agents and edge. core: no servers but Kafka, PostgreSQL, Redis, MongoDB, RabbitMQ, mailbox, provider",
    )
    said.add_argument("--few-demo-data", action="store_true", help="24 restaurants and not 200")
    said.add_argument("--announce", type=int, default=-1, help=argparse.SUPPRESS)
    said.add_argument("--lock", type=int, help=argparse.SUPPRESS)
    return said


def _sayer(announce: int) -> Callable[[str], None]:
    """Progress with the seconds since the start: to our output, which is the log of a detached start and has the time of day,
    and to the shell that waits for it."""
    begun = time.monotonic()

    def say(line: str) -> None:
        text = f"[{time.monotonic() - begun:5.1f} s] {line}"
        with contextlib.suppress(OSError):  # our log is on a full disk: what we supervise is kept alive all the same
            print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}", flush=True)
        _tell(announce, text)

    return say


def _tell(announce: int, text: str) -> None:
    """Nobody reads any more once it is up, or when the shell was closed."""
    if announce >= 0:
        try:
            os.write(announce, text.encode() + b"\n")
        except OSError:
            return


def _announce(site: Site, product: bool, say: Callable[[str], None], announce: int) -> None:
    say("up")
    text = f"\n{addresses(site, product=product)}\n" + (f"\n{walk(site)}" if product else "")
    print(text, flush=True)
    if announce >= 0:
        _tell(announce, f"{text}\n{UP}")
        os.close(announce)


def _detach(data: DataFolder, arguments: list[str], lock: int) -> int:
    """The same command without --detach, in a session of its own. What it says comes through a pipe until it is up. It has the
    lock of the data folder from us."""
    log = data.logs / "supervisor.log"
    trim(log)
    heard, told = os.pipe()
    rest = [argument for argument in arguments if argument != "--detach"]
    with log.open("ab") as out:
        left_behind = subprocess.Popen(
            (
                *(sys.executable, "-m", "infra", "up", *rest, "--data", str(data.root)),
                *("--announce", str(told), "--lock", str(lock)),
            ),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            pass_fds=(told, lock),
        )
    os.close(told)
    os.close(lock)
    try:
        return 0 if _pass_on(heard) else _failed(left_behind, log)
    except KeyboardInterrupt:
        left_behind.terminate()
        left_behind.wait()
        raise


def _pass_on(heard: int) -> bool:
    """Whether it came up. The pipe ends without that word when the process does."""
    with os.fdopen(heard) as lines:
        for line in lines:
            if line.strip() == UP:
                return True
            print(line, end="", flush=True)
    return False


def _failed(left_behind: "subprocess.Popen[bytes]", log: Path) -> int:
    code = left_behind.wait()
    lines = log.read_text(errors="replace").splitlines() or [
        f"it ended with {code} and said nothing: is the disk full?"
    ]
    sys.stderr.write(lines[-1] + "\n")  # the reason is its last word
    return code or 1  # it did not come up
