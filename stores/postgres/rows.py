"""Turns rows of the tables into types of stores.protocol."""

from typing import Any

import msgspec

from stores.protocol import AsideRow, FactWrite, OutboxRow, ParkedRow, RowId, Source, StateWrite, TimerRow

decode_headers = msgspec.json.Decoder(tuple[tuple[str, bytes], ...]).decode


def parked_row(row: Any) -> ParkedRow:
    """row: of the statement PARKED."""
    headers = decode_headers(row["headers"])
    return ParkedRow(
        key=row["key"], offset=row["offset"], source=row["source"], id=row["id"], at=row["at"], headers=headers,
        body=row["body"], reason=row["reason"], seq=row["seq"],
    )  # fmt: skip


def aside_row(row: Any) -> AsideRow:
    """row: of the statement NEXT_ASIDE, or of a schema that leaves, which may be of a release without `until`."""
    return AsideRow(
        id=row["id"], key=row["key"], incarnation=row["incarnation"], offset=row["offset"], source=row["source"],
        at=row["at"], raw_key=row["raw_key"], headers=decode_headers(row["headers"]), body=row["body"],
        since=row["since"], tries=row["tries"], due=row["due"], reason=row["reason"], until=row.get("until"),
    )  # fmt: skip


def source_of(row: Any) -> Source:
    """row: of a table that has a source."""
    return Source(row["consumer"], row["topic"], row["partition"])


def state_write(row: Any) -> StateWrite:
    """row: of aggregate. As one that a store without it writes."""
    return StateWrite(row["id"], 0, row["version"], row["state"])


def fact_write(row: Any) -> FactWrite:
    """row: of fact."""
    return FactWrite(row["name"], row["key"], row["version"], row["body"])


def outbox_row(row: Any) -> OutboxRow:
    """row: of outbox."""
    id = RowId(row["incarnation"], row["offset"], row["n"])
    return OutboxRow(row["channel"], row["target"], row["key"], row["headers"], row["body"], id)


def timer_row(row: Any) -> TimerRow:
    """row: of timer."""
    return TimerRow(row["id"], row["due"], row["headers"], row["body"])
