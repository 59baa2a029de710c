"""Makes the header `lezzet_after` of a command: which versions of aggregates the caller has seen or written lately. A domain
whose copy of another domain's facts is older waits for these versions (agents/runtime/deciding/patience.py). Otherwise it would
refuse what the caller has just seen, for example a meal that its copy does not have yet."""

from collections.abc import Sequence
from inspect import isawaitable

import msgspec

from http_edge.reads.own_writes import noted, version
from http_edge.routing.asked import Asked
from http_edge.routing.routes import CommandRow, ViewOf
from topics import keys
from topics.contracts import all_topics
from topics.messages.reply import Wrote

MOST = 40  # versions: the header stays far below what the domains read of one

Documents = Sequence[tuple[ViewOf, str]]
"""(view, id)"""

_encode = msgspec.json.encode


class Seen:
    """Of one row. `places` is called before the request's one MGET, and `header` with what that has found."""

    def __init__(self, row: CommandRow) -> None:
        self._row = row
        self._copied = [domain for domain in _copied_domains() if domain != row.topic.domain]

    async def documents(self, asked: Asked) -> Documents:
        """Those that the caller has looked at before this command."""
        if self._row.has_seen is None:
            return ()
        found = self._row.has_seen(asked)
        return await found if isawaitable(found) else found

    def places(self, asked: Asked, documents: Documents) -> list[str]:
        """What to read: the caller's notes of writes, and the documents."""
        writer = asked.writer
        notes = [] if writer is None else [keys.wrote(writer, domain) for domain in self._copied]
        return notes + [keys.document(view.name, name) for view, name in documents]

    def header(self, asked: Asked, documents: Documents, values: Sequence[bytes | None]) -> str:
        """JSON, empty if the caller has seen nothing. values: of places(). Of too many versions the last MOST are taken."""
        notes = 0 if asked.writer is None else len(self._copied)
        found: dict[tuple[str, str], int] = {}
        for domain, value in zip(self._copied, values[:notes], strict=False):
            for name, wrote in noted(value).items():
                found[domain, name] = wrote
        for (view, name), value in zip(documents, values[notes:], strict=True):
            place = (view.domain, name)
            found[place] = max(found.get(place, 0), version(value))
        latest = [Wrote(*place, each) for place, each in found.items() if each][-MOST:]
        return _encode(latest).decode() if latest else ""


def _copied_domains() -> list[str]:
    """Domains whose events other domains read."""
    return [
        topic.domain for name, topic in all_topics().items() if name.endswith("_events") and len(topic.consumers) > 1
    ]
