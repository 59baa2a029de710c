"""Has pictures checked in processes of their own (agents/photo/worker.py): one a picture, so that no picture can do anything to
the next one, and a process that dies is replaced by the next one's.

What a worker says is not trusted either: it is read within bounds, and its renditions are only ever shown as pictures.
"""

import asyncio
import contextlib
import hashlib
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from stores.errors import Unavailable
from stores.log_repeats import Counted
from stores.telemetry import logger
from topics.contracts.photo_events import PhotoFile, Reason

AT_ONCE = 2  # workers of an agents process
SECONDS = 30.0  # for a picture: the worker's own bound is of CPU time
MOST_SAID = 16 * 2**20  # bytes of all renditions, more than any picture has
TRIES = 2  # a worker may have died by something else than its picture

_WORKER = Path(__file__).with_name("worker.py")

_log = logger("agents.photo")


class Rendition(NamedTuple):
    """One rendition of a picture: what is recorded of it, and its bytes."""

    file: PhotoFile
    body: bytes


class Made(NamedTuple):
    width: int
    height: int
    renditions: list[Rendition]


class _Died(Exception):
    """The worker ended without an answer that can be read."""


class _RenditionSaid(msgspec.Struct, frozen=True):
    size: str
    type: str
    width: int
    height: int
    bytes: int


class _Said(msgspec.Struct, frozen=True):
    refused: Reason | None = None
    shut_in: bool = True
    width: int = 0
    height: int = 0
    renditions: tuple[_RenditionSaid, ...] = ()


_said = msgspec.json.Decoder(_Said)


class Workshop:
    """Of one process."""

    def __init__(self, seconds: float = SECONDS, command: tuple[str, ...] | None = None) -> None:
        """command: of a worker."""
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._seconds = seconds
        self._command = command or (sys.executable, "-I", str(_WORKER))
        self._not_shut_in = Counted()

    async def check(self, picture: bytes) -> Made | Reason:
        """Its renditions, or why there are none. Raises Unavailable where no process can be started: that is no fault of the
        picture, and passes."""
        async with self._turns:
            for _ in range(TRIES):
                try:
                    return await self._once(picture)
                except TimeoutError:
                    return "took_too_long"
                except _Died as died:
                    _log.warning("photo worker died", why=str(died))
        return "unreadable"

    async def _once(self, picture: bytes) -> Made | Reason:
        """Raises TimeoutError, _Died, Unavailable."""
        worker = await self._started()
        assert worker.stdin is not None and worker.stdout is not None
        hands = asyncio.create_task(_hand_over(worker.stdin, picture))
        try:
            async with asyncio.timeout(self._seconds):
                said = await _heard(worker.stdout)
                code = await worker.wait()
        finally:
            hands.cancel()
            await _end(worker)
        if code == -signal.SIGXCPU:
            raise TimeoutError
        if code != 0:
            raise _Died(f"exit code {code}")
        return self._understood(said)

    def _understood(self, said: bytes) -> Made | Reason:
        """Raises _Died."""
        head, _, bodies = said.partition(b"\n")
        try:
            answer = _said.decode(head)
            if not answer.shut_in and (pictures := self._not_shut_in.due("worker")):
                _log.warning("photo worker is not shut in: this kernel refuses it no system calls", pictures=pictures)
            if answer.refused is not None:
                return answer.refused
            return Made(answer.width, answer.height, _renditions(answer, bodies))
        except (msgspec.MsgspecError, ValueError) as error:
            raise _Died(f"its answer cannot be read: {type(error).__name__}") from None

    async def _started(self) -> asyncio.subprocess.Process:
        """Raises Unavailable."""
        try:
            return await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, env={}, cwd="/",
            )  # fmt: skip
        except OSError as error:  # of memory, processes or open files there are too few now
            raise Unavailable("photo worker", str(error)) from None


async def _hand_over(stdin: asyncio.StreamWriter, picture: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # it has ended: its exit code tells why
        stdin.write(picture)
        await stdin.drain()
        stdin.close()


async def _heard(stdout: asyncio.StreamReader) -> bytes:
    parts, size = list[bytes](), 0
    while part := await stdout.read(64 * 1024):
        size += len(part)
        if size > MOST_SAID:
            raise _Died(f"it said more than {MOST_SAID:,} bytes")
        parts.append(part)
    return b"".join(parts)


async def _end(worker: asyncio.subprocess.Process) -> None:
    """Also where it has not ended by itself; awaits its end, so that none is left behind."""
    if worker.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await asyncio.shield(worker.wait())


def _renditions(answer: _Said, bodies: bytes) -> list[Rendition]:
    """Raises msgspec.ValidationError for a size or type that there is not, ValueError for lengths that do not add up."""
    found, start = list[Rendition](), 0
    for each in answer.renditions:
        body = bodies[start : start + each.bytes]
        start += each.bytes
        said = msgspec.structs.asdict(each) | {"sha256": hashlib.sha256(body).hexdigest()}
        found.append(Rendition(msgspec.convert(said, PhotoFile), body))
    if start != len(bodies) or not found or any(rendition.file.bytes <= 0 for rendition in found):
        raise ValueError("the lengths do not add up")
    return found
