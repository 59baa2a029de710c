"""The one id maker. Ids of everything that a message causes derive from the message's own id, so any retry and any
replay makes the same ones; only the edge and other first publishers draw fresh ids."""

import uuid

_LEZZET = uuid.UUID("5d0c6a53-4a3f-5f0e-9a55-2a9be4a3c1d7")


def derive(cause: str, name: str) -> str:
    """UUIDv5 of (cause, name). `cause` is any id, `name` says what the new id is for, e.g. "order" or a target topic."""
    return str(uuid.uuid5(_LEZZET, f"{cause}\n{name}"))


def fresh() -> str:
    """A random UUIDv4, for messages that nothing caused but a request."""
    return str(uuid.uuid4())


def of_position(topic: str, incarnation: int, partition: int, offset: int) -> str:
    """The id of a message that came without one: its place in the log, and which making of the topic this is."""
    return derive(f"{topic}/{incarnation}/{partition}/{offset}", "position")
