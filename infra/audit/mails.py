"""Nobody gets the same mail twice: each letter is asked for once, and each that is asked for is done with once."""

from collections import Counter

import msgspec

from infra.audit.check import Ground
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry


class _Requested(msgspec.Struct):
    to: str
    letter: dict[str, object]


_requested = msgspec.json.Decoder(_Requested)


class MailsCheck:
    """A mail is the letter, whom it goes to, and the command that asked for it. requested: ids of the events, one for each."""

    name = "mails"
    promise = "no mail is asked for twice"
    domains = frozenset({"notification"})

    def __init__(self) -> None:
        self.requested: list[str] = []
        self._asked = Counter[tuple[str, str, str, int]]()

    def see(self, event: Entry, *, again: bool) -> None:
        if event.type == "MailRequested" and not again:
            self.requested.append(event.id)
            said = _requested.decode(event.body)
            letter = msgspec.json.encode(said.letter, order="sorted")
            self._asked[event.aggregate, said.to, event.cause, hash(letter)] += 1

    async def judge(self, ground: Ground, findings: Findings) -> None:
        findings.breaks(
            "asked for twice",
            (f"{key}: {times} times, by {cause}" for (key, _, cause, _), times in self._asked.items() if times > 1),
        )
        findings.measured(mails_requested=len(self.requested))
