"""The guarded write as the statements of one transaction.

A statement that must change something is counted, and what it inserts must not exist. MongoDB gives a transaction one snapshot,
and ends it where another one has changed a document that it wants to change: so each guard is a change of the document that it
guards, and holds when the transaction is committed. Each source's floor is changed by every write (`writes`), so two writes of
a source are never side by side. The order of all statements is that of ids: of two transactions that want the same documents,
one is ended at the first of them, and the other one goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from pymongo import DeleteOne, UpdateOne

from stores.errors import BadData
from stores.mongo import documents, names
from stores.mongo.documents import Document
from stores.protocol import AsideRow, Changes, ClaimKey, FactWrite, Moment, Source, StateWrite, TimerWrite

_Every = Sequence[tuple[Source, Changes]]


@dataclass(slots=True)
class Statements:
    """updates: by id of the document; each must find its document, or make it. inserts: none may exist. guarded: deletions that
    must find their document. deletes: others.

    The rest is known only when other documents are read, inside the transaction. seen: owners of claims that must be as they
    were. aside: events to set aside, by id. back: ids of those to take back. park: messages, which get their numbers there.
    """

    updates: dict[str, UpdateOne] = field(default_factory=dict[str, UpdateOne])
    inserts: list[Document] = field(default_factory=list[Document])
    guarded: list[DeleteOne] = field(default_factory=list[DeleteOne])
    deletes: list[DeleteOne] = field(default_factory=list[DeleteOne])
    sent: list[str] = field(default_factory=list[str])
    seen: dict[ClaimKey, str | None] = field(default_factory=dict[ClaimKey, str | None])
    aside: dict[str, tuple[Source, AsideRow]] = field(default_factory=dict[str, tuple[Source, AsideRow]])
    back: list[str] = field(default_factory=list[str])
    park: list[tuple[Source, Any]] = field(default_factory=list[tuple[Source, Any]])

    def update(self, id: str, changes: Document | list[Document], /, *, upsert: bool = False, **more: Any) -> None:
        """more: what else the document must have."""
        self.updates[id] = UpdateOne({"_id": id, **more}, changes, upsert=upsert)


def statements(moment: Moment, changes: Mapping[Source, Changes], now: datetime) -> Statements:
    """now: by the server's clock. Raises BadData for what can never be stored."""
    made, every = Statements(), list(changes.items())
    try:
        for source, change in every:
            _floor(made, moment, source, change)
            _of_source(made, source, change, now)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise BadData("JSON", type(error).__name__) from error
    ours = {key for _, c in every for key in (*c.claims, *c.release)}
    made.seen = {key: owner for key, owner in moment.owners.items() if key not in ours}
    for group, id in {(source.group, id) for source in changes for id in moment.aside.values()}:
        # A guard: a process that takes the event back meanwhile writes to the same document, and one of the two fails.
        made.update(names.aside(group, id), {"$inc": {"followed": 1}})
    return made


def _floor(made: Statements, moment: Moment, source: Source, change: Changes) -> None:
    seen = moment.floors[source]
    fields: Document = {"$max": {"next": change.next}, "$inc": {"writes": 1}}
    if change.raised is not None:
        fields["$set"] = {"raised": change.raised}
    if change.missed is not None:
        fields["$min"] = {"missed_next": change.missed.next}
        fields["$set"] = {**fields.get("$set", {}), "missed_code": change.missed.code}
    made.update(names.floor(source), fields, next=seen.next, incarnation=seen.incarnation, epoch=seen.epoch)


def _of_source(made: Statements, source: Source, change: Changes, now: datetime) -> None:
    inserts = made.inserts
    inserts += [documents.inbox(key, said, change.facts_read.get(key), now) for key, said in change.inbox.items()]
    inserts += [documents.outbox(source, row) for row in change.outbox]
    inserts += [claim(*key, owner) for key, owner in change.claims.items()]
    for state in change.states:
        _state(made, state)
    for timer in change.timers:
        _timer(made, source, timer)
    for fact in change.facts:
        _fact(made, fact)
    made.guarded += [DeleteOne({"_id": names.parked(seq)}) for seq in change.unpark]
    made.deletes += [DeleteOne({"_id": names.claim(*key), "owner": owner}) for key, owner in change.release.items()]
    made.deletes += [DeleteOne({"_id": names.effect(source.group, row.id), "done": False}) for row in change.set_aside]
    made.sent += [names.outbox(source, id) for id in change.sent]
    made.park += [(source, row) for row in change.park]
    made.aside |= {names.aside(source.group, row.id): (source, row) for row in change.set_aside}
    made.back += [names.aside(source.group, id) for id in change.take_back]


def claim(kind: str, value: str, owner: str) -> Document:
    names.checked(kind, value)
    return {"_id": names.claim(kind, value), "kind": "claim", "claim": kind, "value": value, "owner": owner}


def _state(made: Statements, write: StateWrite) -> None:
    fields, pieces = documents.state(write)
    if write.old_version:
        made.update(names.state(write.id), {"$set": fields}, version=write.old_version)
    else:
        made.inserts.append({"_id": names.state(write.id), **fields})
    for piece in pieces:  # a state that became smaller leaves some behind, which nobody reads
        made.update(piece["_id"], {"$set": {k: v for k, v in piece.items() if k != "_id"}}, upsert=True)


def _timer(made: Statements, source: Source, write: TimerWrite) -> None:
    id = names.timer(write.key, write.name)
    if write.row is None:
        made.guarded.append(DeleteOne({"_id": id, "id": write.was}))
    elif write.was is None:
        made.inserts.append({"_id": id, **documents.timer(source, write, write.row)})
    else:
        made.update(id, {"$set": documents.timer(source, write, write.row)}, id=write.was)


def _fact(made: Statements, write: FactWrite) -> None:
    """Replaces an older version, and leaves a later one as it is: as one update, since an insert of what is there would end
    the transaction."""
    newer = {"$lt": [{"$ifNull": ["$version", -1]}, write.version]}
    fields = {
        name: {"$cond": [newer, {"$literal": value}, f"${name}"]} for name, value in documents.fact(write).items()
    }
    made.update(names.fact(write.table, write.key), [{"$set": fields}], upsert=True)


def in_order(updates: Mapping[str, UpdateOne]) -> list[UpdateOne]:
    """The floors first."""
    return [updates[id] for id in sorted(updates, key=lambda id: (not id.startswith("floor "), id))]


def sorted_by_id(inserts: Iterable[Document]) -> list[Document]:
    return sorted(inserts, key=lambda each: each["_id"])
