"""What every check of an audit is: it sees events, and judges them by what the stores hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from infra.audit.books import Books
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry

Versions = Mapping[str, Mapping[str, int]]
"""Domain → id of an aggregate → version of its state."""


@dataclass(frozen=True, slots=True)
class Ground:
    """before, after: versions that the stores had before the events were read, and after that: a system that runs goes on
    meanwhile. at_rest: nobody sends anything any more, so nothing may be under way."""

    books: Books
    before: Versions
    after: Versions
    at_rest: bool


class Check(Protocol):
    """name: of its line. promise: what it is that holds, in a few words. domains: whose events it sees.

    A case of what is broken reads the same in two looks at one system, so that what was only under way is left out.
    """

    name: str
    promise: str
    domains: frozenset[str]

    def see(self, event: Entry, *, again: bool) -> None:
        """Called for each event, those of an aggregate in their order. again: it went out twice, and has been seen."""
        ...

    async def judge(self, ground: Ground, findings: Findings) -> None: ...
