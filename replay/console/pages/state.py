"""`/state/ID`: an aggregate at any of its versions, and what each event changed. `/decide/DOMAIN`: what the code of now would
decide on recorded commands."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from replay.console.desk import Desk
from replay.console.frame import Shown
from replay.console.options import options
from replay.log.times import moment
from replay.questions.decide import decide
from replay.questions.state import Moment, State, at_of, state
from replay.shadow.differences import ABSENT, Difference, brief

MOMENTS = 100
"""Events on a page."""
CHANGES = 60
"""Of an event."""
MOST = 32 * 1024
"""Characters of a document."""


@dataclass(frozen=True, slots=True)
class Change:
    """before, after: None where there is no such field. view: in which; empty for the state."""

    view: str
    field: str
    before: str | None
    after: str | None


async def aggregate(desk: Desk, request: web.Request) -> Shown:
    id, asked = request.match_info["id"], request.query
    at, domain, diff = asked.get("at") or None, asked.get("domain") or None, bool(asked.get("diff"))
    found = await state(desk.tools, id, at_of(at), domain=domain, diff=diff)
    values = {
        "id": id, "found": found, "diff": diff, "domain": domain,
        "states": [_shown(each) for each in sorted(found.found, key=lambda each: -each.of)], "most": MOMENTS,
    }  # fmt: skip
    command = ["state", id, *options({"at": at, "domain": domain}), *(["--diff"] if diff else [])]
    return Shown("state.html", id, values, command)


async def decided(desk: Desk, request: web.Request) -> Shown:
    domain, since, id = (
        request.match_info["domain"],
        request.query.get("since") or None,
        request.query.get("id") or None,
    )
    found = await decide(desk.tools, domain, moment("--since", since, datetime.now(UTC)), id)
    examples = [{"data": one, "changes": [_change("", each) for each in of.differences[:CHANGES]]}
                for one, of in zip(found.data()["examples"], found.examples, strict=True)]  # fmt: skip
    values = {"found": found, "id": id, "since": since, "examples": examples}
    command = ["decide", domain, *options({"since": since, "id": id})]
    return Shown("decide.html", domain, values, command)


def _shown(found: State) -> dict[str, Any]:
    """moments: the newest first, each with its changes."""
    data = found.data()
    return {
        "of": found, "state": _lines(data["state"]), "views": {name: _lines(each) for name, each in data["views"].items()},
        "moments": [(moment, _changes(moment)) for moment in reversed(found.moments[-MOMENTS:])],
        "compared": [(each, [_change("", one) for one in each.differences[:CHANGES]]) for each in found.compared],
    }  # fmt: skip


def _changes(moment: Moment) -> list[Change]:
    found = [("", each) for each in moment.changes]
    found += [(name, each) for name, changes in moment.views.items() for each in changes]
    return [_change(*each) for each in found[:CHANGES]]


def _change(view: str, found: Difference) -> Change:
    before, after = found.shown
    return Change(
        view, found.field, None if before is ABSENT else brief(before), None if after is ABSENT else brief(after)
    )


def _lines(document: Any) -> list[str]:
    """With line breaks, cut."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return [*text[:MOST].split("\n"), *(["…"] if len(text) > MOST else [])]
