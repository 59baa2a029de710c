"""What the sandbox provider knows, in an SQLite file: what was answered is in it, and survives a kill.

A payment is told as a report: {reference, sequence, status, amount, captured, refunded, code, url}, amounts in kuruş.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

KEEP_ANSWERS = 30 * 24 * 3600  # seconds

_SCHEMA = """
create table if not exists payment (
    reference text primary key, amount integer not null, status text not null, sequence integer not null,
    captured integer not null default 0, refunded integer not null default 0, code text not null default '',
    card text not null default '', challenge text unique
);
create table if not exists answer (
    key text primary key, request text not null, status integer not null, body text not null, at real not null
);
create table if not exists movement (
    id integer primary key, reference text not null, kind text not null, amount integer not null, key text not null
);
create table if not exists plan (id integer primary key, due real not null, reference text not null);
create table if not exists callback (
    id text primary key, due real not null, body text not null, copies integer not null, tries integer not null default 0,
    until real not null
);
create table if not exists customer (id text primary key, card text);
create table if not exists asked (key text primary key, times integer not null);
create table if not exists switch (name text primary key, value integer not null);
create index if not exists movement_reference on movement (reference);
create index if not exists callback_due on callback (due);
"""


class Answer(NamedTuple):
    """again: the same request was answered before."""

    status: int
    body: dict[str, Any]
    again: bool = False


class Callback(NamedTuple):
    id: str
    body: str
    copies: int
    tries: int
    until: float


class Books:
    """file: of the database, or ":memory:". origin: where customers reach the provider, for the pages of challenges."""

    def __init__(self, file: Path | str, origin: str) -> None:
        self._origin = origin
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")  # what is written survives the process, not the machine
        self._db.executescript(_SCHEMA)
        self._db.execute("delete from answer where at < ?", (time.time() - KEEP_ANSWERS,))

    @contextmanager
    def change(self) -> Generator[None]:
        """All of it or nothing."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def once(self, key: str, request: str, do: Callable[[], Answer]) -> Answer:
        """The answer to this request, which is done at most once under this key. What the bank did not answer is no answer."""
        with self.change():
            before = self._one("select request, status, body from answer where key = ?", key)
            if before is not None and before["request"] != request:
                return Answer(409, {"code": "key_reused"})
            if before is not None:
                return Answer(before["status"], json.loads(before["body"]), again=True)
            made = do()
            if made.status != 424:
                row = (key, request, made.status, json.dumps(made.body), time.time())
                self._db.execute("insert into answer values (?, ?, ?, ?, ?)", row)
            return made

    def add(self, reference: str, amount: int, status: str, card: str, code: str = "") -> None:
        challenge = secrets.token_urlsafe(16) if status == "challenged" else None
        self._db.execute(
            "insert into payment (reference, amount, status, sequence, code, card, challenge) values (?, ?, ?, 1, ?, ?, ?)",
            (reference, amount, status, code, card, challenge),
        )

    def payment(self, reference: str) -> sqlite3.Row | None:
        return self._one("select * from payment where reference = ?", reference)

    def challenged(self, challenge: str) -> sqlite3.Row | None:
        return self._one("select * from payment where challenge = ?", challenge)

    def become(self, reference: str, **changes: Any) -> dict[str, Any]:
        """The next state of the payment, and its report."""
        if changes.get("status") == "challenged":
            changes["challenge"] = secrets.token_urlsafe(16)
        named = "".join(f", {name} = ?" for name in changes)
        self._db.execute(
            f"update payment set sequence = sequence + 1{named} where reference = ?",  # noqa: S608 - names of ours
            (*changes.values(), reference),
        )
        return self.report(reference)

    def report(self, reference: str) -> dict[str, Any]:
        row = self.payment(reference)
        assert row is not None
        url = f"{self._origin}/challenges/{row['challenge']}" if row["status"] == "challenged" else ""
        names = ("reference", "sequence", "status", "amount", "captured", "refunded", "code")
        return {name: row[name] for name in names} | {"url": url}

    def reports(self, after: str, limit: int) -> list[dict[str, Any]]:
        rows = self._db.execute(
            "select reference from payment where reference > ? order by reference limit ?", (after, limit)
        )
        return [self.report(row["reference"]) for row in rows.fetchall()]

    def move(self, reference: str, kind: str, amount: int, key: str) -> None:
        """Notes that money was held, taken, given free or paid back."""
        row = (reference, kind, amount, key)
        self._db.execute("insert into movement (reference, kind, amount, key) values (?, ?, ?, ?)", row)

    def movements(self, reference: str) -> list[dict[str, Any]]:
        rows = self._db.execute("select kind, amount from movement where reference = ? order by id", (reference,))
        return [dict(row) for row in rows.fetchall()]

    def asked(self, key: str) -> int:
        """How often it was asked under this key, with this time."""
        self._db.execute("insert into asked values (?, 1) on conflict (key) do update set times = times + 1", (key,))
        row = self._one("select times from asked where key = ?", key)
        assert row is not None
        return row["times"]

    def plan(self, reference: str, due: float) -> None:
        self._db.execute("insert into plan (due, reference) values (?, ?)", (due, reference))

    def planned(self, now: float) -> list[str]:
        """References of payments of which something becomes now. They are planned no more."""
        rows = self._db.execute("delete from plan where due <= ? returning reference", (now,))
        return [row["reference"] for row in rows.fetchall()]

    def tell(self, report: dict[str, Any], due: float, copies: int, until: float) -> None:
        """Sends the report by callback."""
        id = secrets.token_hex(16)
        body = json.dumps({"id": id, **report})
        self._db.execute(
            "insert into callback (id, due, body, copies, until) values (?, ?, ?, ?, ?)", (id, due, body, copies, until)
        )

    def callbacks(self, now: float, most: int) -> list[Callback]:
        rows = self._db.execute(
            "select id, body, copies, tries, until from callback where due <= ? order by due, rowid limit ?",
            (now, most),
        )
        return [Callback(*row) for row in rows.fetchall()]

    def heard(self, callback: Callback) -> None:
        """One copy of it has come."""
        self._db.execute("update callback set copies = copies - 1 where id = ?", (callback.id,))
        self._db.execute("delete from callback where copies <= 0")

    def again(self, callback: Callback, due: float) -> None:
        self._db.execute("update callback set due = ?, tries = tries + 1 where id = ?", (due, callback.id))

    def forget(self, callback: Callback) -> None:
        self._db.execute("delete from callback where id = ?", (callback.id,))

    def next_due(self) -> float | None:
        row = self._one("select min(due) as due from (select due from plan union all select due from callback)")
        return None if row is None else row["due"]

    def card_of(self, customer: str, default: str) -> str | None:
        """The card on file; None: there is none."""
        row = self._one("select card from customer where id = ?", customer)
        return default if row is None else row["card"]

    def put_on_file(self, customer: str, card: str | None) -> None:
        self._db.execute("insert or replace into customer values (?, ?)", (customer, card))

    @property
    def down(self) -> bool:
        row = self._one("select value from switch where name = 'down'")
        return row is not None and bool(row["value"])

    @down.setter
    def down(self, down: bool) -> None:
        self._db.execute("insert or replace into switch values ('down', ?)", (int(down),))

    def _one(self, statement: str, *values: Any) -> sqlite3.Row | None:
        return self._db.execute(statement, values).fetchone()
