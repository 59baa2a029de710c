"""Who may be connected to one edge process, and what each may take up of it.

A connection waits (it has asked nothing, or has its answer) or is at work. Where there is no room for a new one, the one that
has waited longest gives way; only where all are at work the new one is refused. So whoever opens many and says nothing takes
no place from those who ask.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from http_edge.wire.party import Network, party_of
from stores.telemetry import logger

Why = Literal["silent", "idle", "gave_way", "unread", "large_head"]
Full = Literal["address", "total"]

FIRST_SECONDS = 10.0  # from the connection, or from the first byte of a request, until its head is complete
KEEPALIVE_SECONDS = 75.0  # between two requests
MOST_OWED = 64 * 2**20  # bytes of large answers that clients have not taken yet, of the whole process
MOST_OWED_TO_PARTY = MOST_OWED // 4  # of these, to one address: who reads slowly keeps no large answer from others
STALLED_SECONDS = 1.0  # a client that has taken nothing for so long gives way to another answer
SAID_EVERY = 10.0  # seconds between two log lines of one kind

_log = logger("http_edge.wire.connections")


class Guest(Protocol):
    """A connection."""

    def cut_off(self) -> None:
        """Ends it now, whatever it is at."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """total: connections of the process. of_address: of one IPv4 address or one /64 of IPv6. trusted: proxies, whose
    connections are those of many clients and so are bounded by `total` alone."""

    total: int = 8_000
    of_address: int = 500
    trusted: tuple[Network, ...] = ()


@dataclass(slots=True)
class _Party:
    """The connections of one address. name: empty for all trusted proxies. owed: bytes of large answers that it has not taken.
    waiting: the longest first."""

    name: str
    most: int
    count: int = 0
    owed: int = 0
    waiting: dict[Guest, None] = field(default_factory=dict[Guest, None])


@dataclass(frozen=True, slots=True)
class _Owed:
    """A large answer: its bytes, to whom, and when some of it was taken last."""

    size: int
    party: _Party
    took: float


class Connections:
    """Those of one process. clock: monotonic seconds."""

    def __init__(self, bounds: Bounds, clock: Callable[[], float]) -> None:
        self.refused: Counter[Full] = Counter()
        self.cut: Counter[Why] = Counter()
        self.accepting = False
        self._bounds = bounds
        self._clock = clock
        self._parties: dict[str, _Party] = {}
        self._of: dict[Guest, _Party] = {}
        # both in the order in which they began to wait
        self._silent: dict[Guest, float] = {}  # for a head that is not complete
        self._idle: dict[Guest, float] = {}  # between two requests
        self._owing: dict[Guest, _Owed] = {}  # whoever took some the longest ago first
        self._owed = 0
        self._said: dict[str, float] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def count(self) -> int:
        return len(self._of)

    def party(self, address: str) -> str:
        """The client that an address stands for, as far as it tells; empty for a trusted proxy."""
        return party_of(address, self._bounds.trusted)

    @property
    def owed(self) -> int:
        """Bytes of large answers that clients have not taken yet."""
        return self._owed

    def enter(self, guest: Guest, address: str) -> Full | None:
        """None: it is in, and waits. Otherwise which bound refuses it."""
        name = self.party(address)
        party = self._parties.get(name)
        if party is None:
            party = _Party(name, self._bounds.of_address if name else self._bounds.total)
        full = self._make_room(party)
        if full is not None:
            self.refused[full] += 1
            self._say("connection refused", bound=full, address=address, refused=self.refused[full])
            return full
        self._parties[name] = party
        party.count += 1
        party.waiting[guest] = None
        self._of[guest] = party
        self._empty.clear()
        self._silent[guest] = self._clock()
        return None

    def leave(self, guest: Guest) -> None:
        """Twice is fine."""
        party = self._of.pop(guest, None)
        if party is None:
            return
        self._end_waiting(guest, party)
        self.paid(guest)
        party.count -= 1
        if not party.count:
            del self._parties[party.name]
        if not self._of:
            self._empty.set()

    async def until_empty(self) -> None:
        """Nobody is connected any more."""
        await self._empty.wait()

    def at_work(self, guest: Guest) -> None:
        """It has sent a request."""
        party = self._of.get(guest)
        if party is not None:
            self._end_waiting(guest, party)

    def waits(self, guest: Guest) -> None:
        """It has its answer."""
        party = self._of.get(guest)
        if party is not None:
            self._idle[guest] = self._clock()
            party.waiting[guest] = None

    def began(self, guest: Guest) -> None:
        """It has sent a part of a head."""
        if self._idle.pop(guest, None) is not None:
            self._silent[guest] = self._clock()

    def cut_off(self, guest: Guest, why: Why) -> None:
        self.cut[why] += 1
        self._say("connection cut off", why=why, cut=self.cut[why])
        self.leave(guest)
        guest.cut_off()

    def cut_off_late(self) -> None:
        """Those who have waited too long. To be called about every second."""
        now = self._clock()
        for guest in _before(self._silent, now - FIRST_SECONDS):
            self.cut_off(guest, "silent")
        for guest in _before(self._idle, now - KEEPALIVE_SECONDS):
            self.cut_off(guest, "idle")

    def cut_off_waiting(self) -> None:
        """All of them: the process ends."""
        for guest in (*self._silent, *self._idle):
            self.leave(guest)
            guest.cut_off()

    def owes(self, guest: Guest, size: int) -> bool:
        """Whether there is room for an answer of so many bytes, which then stands until `paid`. Clients that take nothing of
        theirs give way."""
        now, party = self._clock(), self._of.get(guest) or _Party("", 0)
        for other, owed in list(self._owing.items()):
            if self._owed + size <= MOST_OWED or owed.took > now - STALLED_SECONDS:
                break
            self.cut_off(other, "unread")
        if self._owing and self._owed + size > MOST_OWED:
            self._say("answer refused", owed=self._owed)
            return False
        if self._is_too_much(party, size):
            for other, owed in list(self._owing.items()):
                if owed.party is party and owed.took <= now - STALLED_SECONDS:
                    self.cut_off(other, "unread")
        if self._is_too_much(party, size):
            self._say("answer refused", owed=party.owed, address=party.name)
            return False
        self._owed += size
        party.owed += size
        self._owing[guest] = _Owed(size, party, now)
        return True

    def _is_too_much(self, party: _Party, size: int) -> bool:
        return bool(party.name and party.owed) and party.owed + size > MOST_OWED_TO_PARTY

    def took(self, guest: Guest) -> None:
        """It has taken some of its large answer."""
        owing = self._owing.pop(guest, None)
        if owing is not None:
            self._owing[guest] = replace(owing, took=self._clock())

    def paid(self, guest: Guest) -> None:
        """It has taken all of it, or never will."""
        owing = self._owing.pop(guest, None)
        if owing is not None:
            self._owed -= owing.size
            owing.party.owed -= owing.size

    def _make_room(self, party: _Party) -> Full | None:
        if party.count >= party.most and not self._gives_way(party.waiting):
            return "address"
        if (
            len(self._of) >= self._bounds.total
            and not self._gives_way(self._silent)
            and not self._gives_way(self._idle)
        ):
            return "total"
        return None

    def _gives_way(self, waiting: Iterable[Guest]) -> bool:
        longest = next(iter(waiting), None)
        if longest is not None:
            self.cut_off(longest, "gave_way")
        return longest is not None

    def _end_waiting(self, guest: Guest, party: _Party) -> None:
        party.waiting.pop(guest, None)
        self._silent.pop(guest, None)
        self._idle.pop(guest, None)

    def _say(self, event: str, **more: object) -> None:
        """One line in SAID_EVERY seconds; the numbers in it are of all that happened since the start."""
        now = self._clock()
        if now - self._said.get(event, float("-inf")) >= SAID_EVERY:
            self._said[event] = now
            _log.warning(event, open=self.count, **more)


def _before(waiting: dict[Guest, float], moment: float) -> list[Guest]:
    found = list[Guest]()
    for guest, since in waiting.items():
        if since > moment:
            break
        found.append(guest)
    return found
