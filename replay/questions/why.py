"""`./lezzet why ID`: what happened to an order, user, command, mail or other id, in words, and why it goes no further now."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from replay import links, screen
from replay.failure import BadArgument
from replay.log.causes import Cause, waits
from replay.log.flow import Flow, flows
from replay.log.message import printed
from replay.log.search import Found, find_in_shares
from replay.log.story import told
from replay.log.times import moment
from replay.questions.waiting import known
from replay.shares import cores
from replay.tools import Tools, say, say_json
from stores.kafka.log import LogReader

_ON = "      "  # before a sentence that goes on


@dataclass(frozen=True)
class Why:
    """story: sentences, in order of time. waits: why it goes no further. flow: the flows, the earliest first."""

    id: str
    story: Sequence[str]
    waits: Sequence[Cause]
    flow: Sequence[Flow]
    found: Found

    def data(self) -> dict[str, Any]:
        return {
            "id": self.id, "story": list(self.story), "waits": [cause._asdict() for cause in self.waits],
            "flows": [flow.data() for flow in self.flow], "read": self.found.read, "cut": self.found.cut,
        }  # fmt: skip

    def now(self) -> list[str]:
        """Sentences: why it goes no further, the most decisive first."""
        nothing = [] if any(cause.kind != "unknown" for cause in self.waits) else ["nothing waits"]
        return [*nothing, *(f"{cause.kind}: {cause.says}" for cause in self.waits)]

    def lines(self, width: int | None) -> list[str]:
        """width: characters; sentences go on in further lines, bodies are cut. None: as long as they are."""
        lines = ["What happened:", *(f"  {line}" for line in self.story), "Now:", *(f"  {line}" for line in self.now())]
        tree = [line for flow in self.flow for line in ("", *flow.lines(width))]
        left = "; more messages were left out, narrow it with --since" if self.found.cut else ""
        read = f"{self.found.read:,} messages of {self.found.topics} topics read in {self.found.seconds:.1f} s{left}"
        return [*(part for line in lines for part in screen.wrapped(line, width, _ON)), *tree, "", read]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="of an order, user, command, event, flow or mail")
    parser.add_argument("--since", metavar="WHEN", help="only messages from then on: 30s, 20m, 2h, 3d, or a time")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    screen.add_argument(parser)


async def run(tools: Tools, said: argparse.Namespace) -> int:
    found = await why(tools, said.id, moment("--since", said.since, datetime.now(UTC)), cores())
    if said.json:
        say_json(found.data())
    else:
        *told, read = found.lines(screen.width(full=said.full))
        for line in (*told, f"page: {links.flow(tools.settings, found.id)}", read):
            say(line)
    return 0


async def why(tools: Tools, id: str, since: datetime | None = None, processes: int = 1) -> Why:
    """processes: see find_in_shares. Raises BadArgument where no message names the id, and Unavailable."""
    wanted = named(id)
    if not wanted:
        raise BadArgument("an empty id")
    found = await find_in_shares(tools.log, wanted, since, processes)
    if not found.messages:
        raise BadArgument(f"no message names {printed(wanted)} ({found.read:,} messages of {found.topics} topics read)")
    async with tools.log() as log:
        return await explained(tools, log, wanted, found)


async def explained(tools: Tools, log: LogReader, id: str, found: Found) -> Why:
    """found: what names the id. Raises Unavailable where Kafka does not answer; who else does not is named."""
    beside = await known(tools, log, found.messages, datetime.now(UTC))
    return Why(id, told(found.messages, beside), waits(found.messages, beside), flows(found.messages), found)


def named(id: str) -> str:
    """The id that is meant: that of a mail stands in its Message-ID as `<ID@lezzet>`."""
    return id.strip().removeprefix("<").removesuffix(">").removesuffix("@lezzet")
