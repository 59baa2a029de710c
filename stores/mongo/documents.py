"""What a domain's collection holds: its indexes, and how the types of stores.protocol lie in documents.

Times of the domain are microseconds since 1970: a BSON date has milliseconds. What the sweep goes by are BSON dates.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from pymongo import ASCENDING, IndexModel

from stores.mongo import names
from stores.protocol import AsideRow, FactWrite, OutboxRow, ParkedRow, RowId, Source, StateWrite, TimerRow, TimerWrite

Document = dict[str, Any]

PIECE = 8 * 1024 * 1024
"""Bytes of a document's body, at most: MongoDB takes 16 MiB, with everything around it."""

INLINE = 16 * 1024
"""Bytes of a state that stands in its own document. The bodies of larger ones are documents of their own, so a look that finds
them can choose how many it reads."""

INDEXES = [
    IndexModel([(field, ASCENDING) for field in fields], name=name, sparse=True)
    for name, fields in {
        "inbox_by_time": ("entered",),
        "effect_by_time": ("ended",),
        "timer_of_key": ("timer_key",),
        "timer_due": ("rings_for", "timer_due"),
        "parked_of_key": ("parked_key", "seq"),
        "parked_as": ("parked_id",),
        "aside_of_key": ("aside_key", "incarnation", "offset"),
        "aside_due": ("aside_due_for", "due"),
        "aside_since": ("aside_of", "since"),
        "outbox_by_channel": ("channel",),
    }.items()
]
"""Each is sparse, and its first field is of one kind of document: it holds no others."""

OUTBOX = {"channel": {"$gt": ""}}
"""The condition for outbox rows. It has an index. A range of `_id` would do in MongoDB, but SecantusDB, which stands in for it
where there is none, reads the whole collection for one, and this is asked every two seconds."""

PARKED = {"parked_key": {"$gt": ""}}
"""The condition for parked messages, see OUTBOX."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

decode_headers = msgspec.json.Decoder(tuple[tuple[str, bytes], ...]).decode
_check_json = msgspec.json.Decoder(msgspec.Raw).decode


def micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def moment_of(at: int) -> datetime:
    return _EPOCH + at * _MICROSECOND


def of_source(source: Source) -> Document:
    return {"group": source.group, "topic": source.topic, "partition": source.partition}


def source_of(document: Mapping[str, Any]) -> Source:
    return Source(document["group"], document["topic"], document["partition"])


def floor(source: Source, next: int) -> Document:
    return {"next": next, "incarnation": 0, "epoch": 0, "writes": 0, "kind": "floor", **of_source(source)}


def inbox(key: tuple[str, str], outcome: str | None, facts: str | None, entered: datetime) -> Document:
    """entered: by the server's clock."""
    source, id = key
    names.checked(source, id)
    return {
        "_id": names.inbox(source, id), "kind": "inbox", "source": source, "id": id, "outcome": outcome, "facts": facts,
        "entered": entered,
    }  # fmt: skip


def state(write: StateWrite) -> tuple[Document, list[Document]]:
    """(fields of the state's document, the pieces of a large one). Raises msgspec.DecodeError for what is no JSON."""
    names.checked(write.id)
    _check_json(write.body)
    body = write.body.encode()
    large = len(body) > INLINE
    pieces = [
        {
            "_id": names.piece(write.id, n),
            "kind": "piece",
            "version": write.version,
            "body": body[start : start + PIECE],
        }
        for n, start in enumerate(range(0, len(body) if large else 0, PIECE))
    ]
    fields = {
        "version": write.version, "size": len(body), "body": None if large else write.body, "pieces": len(pieces),
        "kind": "state", "id": write.id,
    }  # fmt: skip
    return fields, pieces


def fact(write: FactWrite) -> Document:
    """Its fields. Raises msgspec.DecodeError for what is no JSON."""
    names.checked(write.table, write.key)
    if write.body is not None:
        _check_json(write.body)
    return {"kind": "fact", "table": write.table, "key": write.key, "version": write.version, "body": write.body}


def timer(source: Source, write: TimerWrite, row: TimerRow) -> Document:
    """Its fields, while it waits."""
    names.checked(write.key, write.name)
    return {
        "kind": "timer", "timer_key": write.key, "name": write.name, "id": row.id, "timer_due": micros(row.due),
        "rings_for": names.source_of(source), "headers": row.headers, "body": row.body, **of_source(source),
    }  # fmt: skip


def timer_row(document: Mapping[str, Any]) -> TimerRow:
    return TimerRow(document["id"], moment_of(document["timer_due"]), document["headers"], document["body"])


def parked(source: Source, row: ParkedRow, seq: int) -> Document:
    names.checked(row.key, row.source, row.id)
    headers = msgspec.json.encode(row.headers)
    return {
        "_id": names.parked(seq), "kind": "parked", "seq": seq, "key": row.key, "offset": row.offset, "source": row.source,
        "parked_id": row.id, "at": micros(row.at), "headers": headers, "body": row.body, "reason": row.reason,
        "size": len(headers) + len(row.body), "parked_key": names.parked_key(source.group, source.topic, row.key),
        **of_source(source),
    }  # fmt: skip


def parked_row(document: Mapping[str, Any]) -> ParkedRow:
    return ParkedRow(
        key=document["key"], offset=document["offset"], source=document["source"], id=document["parked_id"],
        at=moment_of(document["at"]), headers=decode_headers(document["headers"]), body=document["body"],
        reason=document["reason"], seq=document["seq"],
    )  # fmt: skip


def aside(source: Source, row: AsideRow) -> Document:
    names.checked(row.key, row.source, row.id)
    return {
        "_id": names.aside(source.group, row.id), "kind": "aside", "id": row.id, "key": row.key,
        "incarnation": row.incarnation, "offset": row.offset, "source": row.source, "at": micros(row.at),
        "raw_key": row.raw_key, "headers": msgspec.json.encode(row.headers), "body": row.body, "since": micros(row.since),
        "aside_key": names.aside_key(source, row.key), "aside_of": names.source_of(source),
        **of_source(source), **aside_again(source, row),
    }  # fmt: skip


def aside_again(source: Source, row: AsideRow) -> Document:
    """Its fields that a further try changes. What has no due time stands in no index by due times."""
    due = {} if row.due is None else {"aside_due_for": names.source_of(source), "due": micros(row.due)}
    until = None if row.until is None else micros(row.until)
    return {"tries": row.tries, "reason": row.reason, "until": until, **due}


def aside_row(document: Mapping[str, Any]) -> AsideRow:
    due, until = document.get("due"), document.get("until")
    return AsideRow(
        id=document["id"], key=document["key"], incarnation=document["incarnation"], offset=document["offset"],
        source=document["source"], at=moment_of(document["at"]), raw_key=document["raw_key"],
        headers=decode_headers(document["headers"]), body=document["body"], since=moment_of(document["since"]),
        tries=document["tries"], due=None if due is None else moment_of(due), reason=document["reason"],
        until=None if until is None else moment_of(until),
    )  # fmt: skip


def outbox(source: Source, row: OutboxRow) -> Document:
    return {
        "_id": names.outbox(source, row.id), "kind": "outbox", "channel": row.channel, "target": row.target, "key": row.key,
        "headers": row.headers, "body": row.body, "row": list(row.id), **of_source(source),
    }  # fmt: skip


def outbox_row(document: Mapping[str, Any]) -> OutboxRow:
    return OutboxRow(
        document["channel"], document["target"], document["key"], document["headers"], document["body"],
        RowId(*document["row"]),
    )  # fmt: skip


def joined(pieces: Sequence[Mapping[str, Any]]) -> str:
    return b"".join(piece["body"] for piece in pieces).decode()
