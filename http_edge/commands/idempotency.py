"""Ids of commands. With an `Idempotency-Key` the id derives from the request, so a retry is the same command.

A command that was answered 503 has been withdrawn, or was too late: it never takes effect, so a retry with its key is
a new attempt with the next id. The first attempt whose outcome stands is the outcome of the key. Where its reply is no longer
kept, the command goes out again under the same id, and its domain's inbox answers with the first outcome. While nobody
answers, such a command is withdrawn like any other, though it was done long ago. So the next attempt names those before it
(header EARLIER), and its domain answers with the outcome of the one that stands.
"""

import hashlib
import hmac
from typing import NamedTuple

from http_edge.routing.asked import Asked
from http_edge.wire.problems import Problem, invalid
from topics import keys
from topics.messages import ids
from topics.messages.reply import DECODER, TOO_LATE, Reply

ATTEMPTS = 8


class Standing(NamedTuple):
    """The id to use, and the reply where this very command was answered before."""

    command_id: str
    reply: Reply | None


def check_key(key: str | None) -> str | None:
    """Raises Problem 400."""
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise invalid("Idempotency-Key", "is 1 to 255 printable ASCII characters", status=400)
    return key


def attempts(asked: Asked) -> list[str]:
    """Ids of the attempts of this key, first to last. Anonymous callers share keys, so there the request is part of it."""
    caller = asked.caller.id if asked.caller else f"anonymous {hashlib.sha256(asked.raw).hexdigest()}"
    first = ids.derive(f"{caller}\n{asked.method}\n{asked.path}", asked.idempotency_key or "")
    return [first, *(ids.derive(first, f"attempt {number}") for number in range(2, ATTEMPTS + 1))]


def earlier(asked: Asked) -> list[str]:
    """Ids of the attempts before asked.command_id."""
    if asked.idempotency_key is None:
        return []
    tries = attempts(asked)
    return tries[: tries.index(asked.command_id)]


def next_id(asked: Asked) -> str:
    """For another command in place of asked.command_id, which never takes effect. Raises Problem 409 as standing()."""
    if asked.idempotency_key is None:
        return ids.fresh()
    tries = attempts(asked)
    following = tries[tries.index(asked.command_id) + 1 :]
    if not following:
        raise _used_up()
    return following[0]


def _used_up() -> Problem:
    return Problem(409, "idempotency_key_used_up", "This key has been tried too often, use another.")


def lookup_keys(attempt_ids: list[str]) -> list[str]:
    return [name for each in attempt_ids for name in (keys.reply(each), keys.fate(each))]


def standing(attempt_ids: list[str], values: list[bytes | None]) -> Standing:
    """values: of lookup_keys(). Raises Problem 409 when all attempts are used up."""
    free: str | None = None
    for place, command_id in enumerate(attempt_ids):
        stored, fate = values[2 * place], values[2 * place + 1]
        reply = None if stored is None else DECODER.decode(stored)
        if reply is not None and reply.code not in TOO_LATE:
            return Standing(command_id, reply)
        if reply is None and fate != keys.WITHDRAWN and free is None:
            free = command_id
    if free is None:
        raise _used_up()
    return Standing(free, None)


def fingerprint(key: bytes, asked: Asked) -> str:
    """Keyed, so that nobody who reads topics can guess a short body (a password) from it."""
    query = "&".join(f"{name}={value}" for name, value in sorted(asked.query.items()))
    said = f"{asked.method}\n{asked.path}\n{query}\n".encode() + asked.raw
    return hmac.digest(key, said, "sha256").hex()


def check_same_request(reply: Reply, mine: str | None) -> None:
    """Raises Problem 422 where the key was first used with another request."""
    if mine is not None and reply.fingerprint is not None and reply.fingerprint != mine:
        raise Problem(422, "idempotency_key_reused", "This Idempotency-Key was used with another request.")
