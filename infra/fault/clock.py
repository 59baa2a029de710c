"""A domain's clock that jumps: the function `domain_clock()` of its schema is replaced by one that is off by some seconds."""

import time
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

import asyncpg

from infra.stack.stage import say

_CLOCK = """
create or replace function "{domain}".domain_clock() returns timestamptz language sql volatile
    as 'select clock_timestamp() + interval ''{offset} s'''
"""


class Spell(NamedTuple):
    """begin, end: Unix seconds by the real clock. offset: seconds that the domain's clock was ahead meanwhile."""

    begin: float
    end: float
    offset: float


class DomainClock:
    """jumps: when, by the real clock, and by how much it is ahead from then on."""

    def __init__(self, postgres: str, domain: str) -> None:
        self._postgres = postgres
        self._domain = domain
        self._jumps = [(0.0, 0.0)]

    async def jump(self, offset: float) -> None:
        """From here on it is so many seconds ahead of the real clock."""
        connection = await asyncpg.connect(self._postgres)
        try:
            self._jumps.append((time.time(), offset))
            await connection.execute(_CLOCK.format(domain=self._domain, offset=offset))
        finally:
            await connection.close()
        say(f"the clock of {self._domain} is {offset:+.0f} s off")

    @property
    def spells(self) -> Sequence[Spell]:
        return [Spell(begin, end, offset) for (begin, offset), (end, _) in pairwise([*self._jumps, (inf, 0.0)])]


def due_from(due: float, set_at: float, spells: Sequence[Spell]) -> float:
    """The first moment, by the real clock, at which a timer was due. due: by the domain's clock. set_at: by the real one."""
    for begin, end, offset in spells:
        first = max(begin, set_at, due - offset)
        if first < end:
            return first
    raise ValueError("the last spell has no end")


def was_due(due: float, begin: float, end: float, spells: Sequence[Spell]) -> bool:
    """Whether the domain's clock said that it is due at some moment from `begin` to `end`, by the real clock."""
    return any(
        min(end, spell.end) + spell.offset >= due for spell in spells if spell.begin <= end and begin <= spell.end
    )
