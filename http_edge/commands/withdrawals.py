"""The edge's half of a command's fate: what it has withdrawn never happens, and what it has promised (202) is not withdrawn
any more, by no other request with the same Idempotency-Key either.

Kafka's outage brings hundreds of withdrawals at once. All that are asked for while Redis is asked go out together with the next
question.
"""

import asyncio
import contextlib

from http_edge.routing.edge import Reads
from stores.errors import Unavailable
from stores.live_timeout import LiveTimeout
from stores.telemetry import logger
from topics import keys

WAIT_SECONDS = 0.4  # an edge that is short of CPU must not take a Redis that answers for one that is away
# Longer than the command may stand on its topic, where its domain may find it when it comes back: retention, the age of
# the segment (stores/kafka/admin.py), and a day more.
KEPT_SECONDS = 9 * 86_400
AGAIN_SECONDS = 0.05  # between two tries of the withdrawals that are owed
PATIENCE_SECONDS = 120.0  # after which a withdrawal that is owed is forgotten
AT_ONCE = 500  # fates that are written together
MOST = 10_000  # withdrawals that are owed; more are forgotten

_Asked = tuple[str, bytes, "asyncio.Future[bytes | None]"]
"""Id of the command, the fate that it is to have, and the fate that it had before."""

_log = logger("http_edge.commands.withdrawals")


class Withdrawals:
    """Of one edge process."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._asked: list[_Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self._owed: dict[str, float] = {}
        self._paying: asyncio.Task[None] | None = None

    async def withdraw(self, command_id: str) -> bool:
        """Withdraws a command. False: its domain has taken it before, and it takes effect.

        While Redis is away no domain can take it either. So the answer is True, and the withdrawal is owed: it is written as
        soon as Redis is back, before a domain tries again, since domains wait longer between two tries.
        """
        answer = self._first(command_id, keys.WITHDRAWN)
        try:
            if await _answered(answer):
                return answer.result() != keys.TAKEN
        except Unavailable:
            pass
        answer.add_done_callback(_too_late)
        self._owe(command_id)
        return True

    async def promise(self, command_id: str) -> bool:
        """To be called before 202 is answered. It keeps other requests with the same id from withdrawing the command. False:
        one has withdrawn it before."""
        answer = self._first(command_id, keys.TAKEN)
        try:
            return not await _answered(answer) or answer.result() != keys.WITHDRAWN
        except Unavailable:
            return True

    def _first(self, command_id: str, fate: bytes) -> "asyncio.Future[bytes | None]":
        """The fate that the command had before; None where it has this one now. Unavailable is set where Redis is away."""
        answer: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._asked.append((command_id, fate, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return answer

    async def _ask(self) -> None:
        while self._asked:
            some, self._asked = self._asked[:AT_ONCE], self._asked[AT_ONCE:]
            try:
                before = await self._reads.firsts([(keys.fate(id), fate) for id, fate, _ in some], KEPT_SECONDS)
            except Unavailable as away:
                for _, _, answer in some:
                    answer.set_exception(away)
                    answer.exception()  # its caller may have gone
            else:
                for (_, _, answer), found in zip(some, before, strict=True):
                    answer.set_result(found)

    def _owe(self, command_id: str) -> None:
        if len(self._owed) < MOST:
            self._owed[command_id] = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        if self._paying is None or self._paying.done():
            self._paying = asyncio.create_task(self._pay())

    async def _pay(self) -> None:
        loop = asyncio.get_running_loop()
        while self._owed:
            await asyncio.sleep(AGAIN_SECONDS)
            some = dict(list(self._owed.items())[:AT_ONCE])
            try:
                await self._reads.firsts([(keys.fate(id), keys.WITHDRAWN) for id in some], KEPT_SECONDS)
            except Unavailable:
                some = {id: until for id, until in some.items() if until < loop.time()}
            for id in some:
                del self._owed[id]

    async def stop(self) -> None:
        for task in (self._asking, self._paying):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _answered(answer: "asyncio.Future[bytes | None]") -> bool:
    """False: not in time. Raises Unavailable."""
    try:
        async with LiveTimeout(WAIT_SECONDS):
            await asyncio.shield(answer)
    except TimeoutError:
        return answer.done()
    return True


def _too_late(answer: "asyncio.Future[bytes | None]") -> None:
    if not answer.cancelled() and answer.exception() is None and answer.result() == keys.TAKEN:
        _log.warning("withdrawn_too_late", why="a caller was told 503, and the command's domain had taken it before")
