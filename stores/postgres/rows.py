"""Rows of the tables as the protocol's own types."""

from typing import Any

import msgspec

from stores.protocol import ParkedRow

_decode_headers = msgspec.json.Decoder(tuple[tuple[str, bytes], ...]).decode


def parked_row(row: Any) -> ParkedRow:
    """row: of the statement PARKED, by names."""
    headers = _decode_headers(row["headers"])
    return ParkedRow(
        key=row["key"], offset=row["offset"], source=row["source"], id=row["id"], at=row["at"], headers=headers,
        body=row["body"], reason=row["reason"], seq=row["seq"],
    )  # fmt: skip
