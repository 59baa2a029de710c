"""Ids of the documents of a domain's collection, and the values by which its indexes find them.

An id begins with the kind of its document. A part before another one has its length before it, so that two documents never
have one id, whatever is in the parts. Numbers are padded, so that ids of a kind stand in the order of their numbers.
"""

from stores.errors import BadData
from stores.protocol import RowId, Source

LONGEST = 2_500
"""Bytes of an id or a key. MongoDB has no such limit; PostgreSQL has one of about this size, and a domain may move."""


def source_of(source: Source) -> str:
    group, topic, partition = source
    return f"{len(group)} {group} {len(topic)} {topic} {partition}"


def floor(source: Source) -> str:
    return f"floor {source_of(source)}"


def inbox(source: str, id: str) -> str:
    return f"inbox {len(source)} {source} {id}"


def state(id: str) -> str:
    return f"state {id}"


def piece(id: str, n: int) -> str:
    """Of a state that is too large for its document."""
    return f"piece {n:04d} {id}"


def fact(table: str, key: str) -> str:
    return f"fact {len(table)} {table} {key}"


def claim(kind: str, value: str) -> str:
    return f"claim {len(kind)} {kind} {value}"


def timer(key: str, name: str) -> str:
    return f"timer {len(key)} {key} {name}"


def parked(seq: int) -> str:
    return f"parked {seq:019d}"


def effect(group: str, id: str) -> str:
    return f"effect {len(group)} {group} {id}"


def aside(group: str, id: str) -> str:
    return f"aside {len(group)} {group} {id}"


def outbox(source: Source, id: RowId) -> str:
    # -1 is the incarnation of rows that are older than ids of rows.
    return f"outbox {source_of(source)} {id.incarnation + 1:010d} {id.offset:019d} {id.n:019d}"


PARKINGS = "count parked"
"""The document that counts what was ever parked."""

PROVISIONED = "provisioned"
"""The document without which nothing is opened: the collection is whole (stores/mongo/provision.py)."""


def parked_key(group: str, topic: str, key: str) -> str:
    """What all messages have that are parked under a key."""
    return f"{len(group)} {group} {len(topic)} {topic} {key}"


def aside_key(source: Source, key: str) -> str:
    """What all events of a key have that are set aside."""
    return f"{source_of(source)} {key}"


def beginning(prefix: str) -> dict[str, str]:
    """A condition: ids that begin so. prefix: ends with a space."""
    return {"$gte": prefix, "$lt": f"{prefix[:-1]}!"}  # the character after the space


def checked(*texts: str) -> None:
    """Raises BadData for what can be no id or key."""
    for text in texts:
        if "\0" in text:
            raise BadData("NUL", "a character that no text may have")
        if len(text) * 4 > LONGEST and len(text.encode(errors="replace")) > LONGEST:
            raise BadData("length", f"an id of more than {LONGEST} bytes")
