"""Turns rows of the tables into types of stores.protocol."""

from typing import Any

import msgspec

from stores.protocol import AsideRow, ParkedRow

_decode_headers = msgspec.json.Decoder(tuple[tuple[str, bytes], ...]).decode


def parked_row(row: Any) -> ParkedRow:
    """row: of the statement PARKED."""
    headers = _decode_headers(row["headers"])
    return ParkedRow(
        key=row["key"], offset=row["offset"], source=row["source"], id=row["id"], at=row["at"], headers=headers,
        body=row["body"], reason=row["reason"], seq=row["seq"],
    )  # fmt: skip


def aside_row(row: Any) -> AsideRow:
    """row: of the statement NEXT_ASIDE."""
    return AsideRow(
        id=row["id"], key=row["key"], incarnation=row["incarnation"], offset=row["offset"], source=row["source"],
        at=row["at"], raw_key=row["raw_key"], headers=_decode_headers(row["headers"]), body=row["body"],
        since=row["since"], tries=row["tries"], due=row["due"], reason=row["reason"],
    )  # fmt: skip
