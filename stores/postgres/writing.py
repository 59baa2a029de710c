"""The guarded write as one statement. Each part of it writes rows and counts them. Where a count is too small, a guard has
failed: the function `stale` raises, and nothing is written.

The guards stand in the statement's last select, in the order of the parts. So the floors are locked first, in sorted order.
PostgreSQL reads a row again that another transaction has changed meanwhile, so a guard holds at the moment of the write, not
only at the look.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from stores.protocol import Changes, Moment, OutboxRow, Source

STALE = "LZ001"
"""SQLSTATE of what `stale` raises (migrations/0002_guarded_writes.sql)."""

_encode = msgspec.json.encode

_NO_TIMER = (None,) * 4  # the columns of a TimerRow

_Every = Sequence[tuple[Source, Changes]]
_Arrays = Sequence[Sequence[Any]]  # one for each column


class Part(NamedTuple):
    """text: common table expressions, with `{0}`, `{1}` … for the columns. guard: condition that must hold, '' for none.
    columns: makes the arguments, an array for each column."""

    name: str
    text: str
    guard: str
    columns: Callable[[Moment, _Every], _Arrays]


_SOURCES = """
source as (
    select * from unnest({0}::text[], {1}::text[], {2}::int[], {3}::bigint[], {4}::int[], {5}::bigint[], {6}::bigint[])
           with ordinality w(consumer, topic, partition, seen, incarnation, epoch, next, place)
),
held as materialized (
    select w.place, f.consumer, f.topic, f.partition, w.next from floor f join source w using (consumer, topic, partition)
     where f.next = w.seen and f.incarnation = w.incarnation and f.epoch = w.epoch
     order by 2, 3, 4 for update of f
),
moved as (
    update floor f set next = greatest(f.next, h.next) from held h
     where (f.consumer, f.topic, f.partition) = (h.consumer, h.topic, h.partition) returning 1
)"""

_INBOX = """
known as (
    insert into inbox (source, id, outcome, facts)
    select * from unnest({0}::text[], {1}::text[], {2}::text[], {3}::text[])
    on conflict do nothing returning 1
)"""

_STATES = """
written as (select * from unnest({0}::text[], {1}::bigint[], {2}::bigint[], {3}::text[]) w(id, old, version, state)),
made as (
    insert into aggregate (id, version, state) select id, version, state::json from written where old = 0
    on conflict do nothing returning 1
),
changed as (
    update aggregate a set version = w.version, state = w.state::json from written w
     where a.id = w.id and a.version = w.old and w.old > 0 returning 1
)"""

_CLAIMS = """
claimed as (
    insert into claim (kind, value, owner)
    select c.kind, c.value, c.owner from unnest({0}::text[], {1}::text[], {2}::text[]) c(kind, value, owner)
     order by c.kind, c.value
    on conflict do nothing returning 1
)"""

_OWNERS = """
owned as (
    select count(*) as otherwise from unnest({0}::text[], {1}::text[], {2}::text[]) w(kind, value, owner)
      left join claim c using (kind, value) where c.owner is distinct from w.owner
)"""

_RELEASE = """
released as (
    delete from claim c using unnest({0}::text[], {1}::text[], {2}::text[]) w(kind, value, owner)
     where c.kind = w.kind and c.value = w.value and c.owner = w.owner
)"""

_TIMERS = """
timing as (
    select * from unnest({0}::text[], {1}::text[], {2}::int[], {3}::text[], {4}::text[], {5}::text[], {6}::text[],
                         {7}::timestamptz[], {8}::text[], {9}::bytea[])
           w(consumer, topic, partition, key, name, was, id, due, headers, body)
),
put as (
    insert into timer (consumer, topic, partition, key, name, id, due, headers, body)
    select consumer, topic, partition, key, name, id, due, headers, body from timing where was is null
    on conflict do nothing returning 1
),
put_off as (
    update timer t
       set consumer = w.consumer, topic = w.topic, partition = w.partition, id = w.id, due = w.due, sent = false,
           headers = w.headers, body = w.body
      from timing w where (t.key, t.name, t.id) = (w.key, w.name, w.was) and w.id is not null returning 1
),
taken as (
    delete from timer t using timing w where (t.key, t.name, t.id) = (w.key, w.name, w.was) and w.id is null returning 1
),
timed as (select from put union all select from put_off union all select from taken)"""

_UNPARK = "unparked as (delete from parked where seq = any({0}::bigint[]) returning 1)"

_PARK = """
parking as (
    insert into parked (consumer, topic, partition, key, "offset", source, id, at, headers, body, reason)
    select p.consumer, p.topic, p.partition, p.key, p.o, p.source, p.id, p.at, p.headers, p.body, p.reason
      from unnest({0}::text[], {1}::text[], {2}::int[], {3}::text[], {4}::bigint[], {5}::text[], {6}::text[],
                  {7}::timestamptz[], {8}::bytea[], {9}::bytea[], {10}::text[])
           with ordinality p(consumer, topic, partition, key, o, source, id, at, headers, body, reason, place)
     order by p.place
)"""

_BEHIND = """
behind as materialized (
    select 1 from set_aside s join unnest({0}::text[], {1}::text[]) w(consumer, id) using (consumer, id) for key share of s
)"""

_SET_ASIDE = """
setting as (
    insert into set_aside as s (consumer, topic, partition, id, key, incarnation, "offset", source, at, raw_key, headers,
                                body, since, tries, due, reason, until)
    select * from unnest({0}::text[], {1}::text[], {2}::int[], {3}::text[], {4}::text[], {5}::int[], {6}::bigint[],
                         {7}::text[], {8}::timestamptz[], {9}::bytea[], {10}::bytea[], {11}::bytea[],
                         {12}::timestamptz[], {13}::int[], {14}::timestamptz[], {15}::text[], {16}::timestamptz[])
    on conflict (consumer, id) do update set tries = excluded.tries, due = excluded.due, reason = excluded.reason,
                                             until = excluded.until
     where s.tries < excluded.tries
),
unbegun as (
    delete from effect e using unnest({0}::text[], {3}::text[]) w(consumer, id)
     where e.consumer = w.consumer and e.id = w.id and not e.done
)"""

# The next event of each key may be tried at once: `since` lies in the past.
_TAKE_BACK = """
back as (
    delete from set_aside s using unnest({0}::text[], {1}::text[]) w(consumer, id)
     where s.consumer = w.consumer and s.id = w.id returning s.consumer, s.topic, s.partition, s.key, s.id
),
following as (
    select k.consumer, first.id from (select distinct consumer, topic, partition, key from back) k, lateral (
        select s.id from set_aside s
         where s.consumer = k.consumer and s.topic = k.topic and s.partition = k.partition and s.key = k.key
           and not exists (select 1 from back b where b.consumer = s.consumer and b.id = s.id)
         order by s.incarnation, s."offset" limit 1
    ) first
),
freed as (
    update set_aside s set due = s.since from following f
     where s.consumer = f.consumer and s.id = f.id and s.due is null
)"""

_FACTS = """
facts as (
    insert into fact as f (name, key, version, body)
    select w.name, w.key, w.version, w.body::json
      from unnest({0}::text[], {1}::text[], {2}::bigint[], {3}::text[]) w(name, key, version, body)
    on conflict (name, key) do update set version = excluded.version, body = excluded.body
     where f.version < excluded.version
)"""

_MISSED = """
missing as (
    insert into missed as m (consumer, topic, partition, next, code)
    select * from unnest({0}::text[], {1}::text[], {2}::int[], {3}::bigint[], {4}::text[])
    on conflict (consumer, topic, partition) do update set next = least(m.next, excluded.next), code = excluded.code
)"""

_GONE = """
gone as (
    delete from outbox o
     using unnest({0}::text[], {1}::text[], {2}::int[], {3}::int[], {4}::bigint[], {5}::bigint[])
           w(consumer, topic, partition, incarnation, o, n)
     where (o.consumer, o.topic, o.partition, o.incarnation, o."offset", o.n)
         = (w.consumer, w.topic, w.partition, w.incarnation, w.o, w.n)
)"""

_OUTBOX = """
going as (
    insert into outbox (consumer, topic, partition, incarnation, "offset", n, channel, target, key, headers, body)
    select * from unnest({0}::text[], {1}::text[], {2}::int[], {3}::int[], {4}::bigint[], {5}::bigint[], {6}::text[],
                         {7}::text[], {8}::bytea[], {9}::text[], {10}::bytea[])
    on conflict do nothing returning 1
)"""


_RAISED = """
told as (
    insert into breaker (consumer, topic, partition, raised)
    select * from unnest({0}::text[], {1}::text[], {2}::int[], {3}::int[])
    on conflict (consumer, topic, partition) do update set raised = excluded.raised
)"""


def transposed(rows: Iterable[Sequence[Any]], width: int) -> _Arrays:
    """The arrays of an unnest: one for each of the `width` columns."""
    return list(zip(*rows, strict=True)) or [()] * width


def _floors(moment: Moment, changes: _Every) -> _Arrays:
    rows = [(*source, *moment.floors[source], change.next) for source, change in changes]
    return transposed(rows, 7)


def _inbox(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(
        ((*key, outcome, c.facts_read.get(key)) for _, c in changes for key, outcome in c.inbox.items()), 4
    )


def _states(moment: Moment, changes: _Every) -> _Arrays:
    return transposed((state for _, c in changes for state in c.states), 4)


def _claims(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((*key, owner) for _, c in changes for key, owner in c.claims.items()), 3)


def _owners(moment: Moment, changes: _Every) -> _Arrays:
    ours = {key for _, c in changes for key in (*c.claims, *c.release)}
    return transposed(((*key, owner) for key, owner in moment.owners.items() if key not in ours), 3)


def _release(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((*key, owner) for _, c in changes for key, owner in c.release.items()), 3)


def _timers(moment: Moment, changes: _Every) -> _Arrays:
    rows = ((*source, *write[:3], *(write.row or _NO_TIMER)) for source, c in changes for write in c.timers)
    return transposed(rows, 10)


def _unpark(moment: Moment, changes: _Every) -> _Arrays:
    return [[seq for _, c in changes for seq in c.unpark]]


def _park(moment: Moment, changes: _Every) -> _Arrays:
    rows = (
        (*source, row.key, row.offset, row.source, row.id, row.at, _encode(row.headers), row.body, row.reason)
        for source, c in changes
        for row in c.park
    )
    return transposed(rows, 11)


def _behind(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((source.group, id) for source, _ in changes for id in moment.aside.values()), 2)


def _set_aside(moment: Moment, changes: _Every) -> _Arrays:
    rows = (
        (*source, row.id, row.key, row.incarnation, row.offset, row.source, row.at, row.raw_key, _encode(row.headers),
         row.body, row.since, row.tries, row.due, row.reason, row.until)
        for source, c in changes
        for row in c.set_aside
    )  # fmt: skip
    return transposed(rows, 17)


def _take_back(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((source.group, id) for source, c in changes for id in c.take_back), 2)


def _facts(moment: Moment, changes: _Every) -> _Arrays:
    return transposed((fact for _, c in changes for fact in c.facts), 4)


def _missed(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((*source, *c.missed) for source, c in changes if c.missed is not None), 5)


def _gone(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((*source, *id) for source, c in changes for id in c.sent), 6)


def _outbox(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((*source, *columns_of(row)) for source, c in changes for row in c.outbox), 11)


def _raised(moment: Moment, changes: _Every) -> _Arrays:
    return transposed(((*source, c.raised) for source, c in changes if c.raised is not None), 4)


def columns_of(row: OutboxRow) -> tuple[Any, ...]:
    return *row.id, row.channel, row.target, row.key, row.headers, row.body


# In the order in which the statement runs them.
_PARTS = (
    Part("sources", _SOURCES, "(select count(*) from held) = cardinality({0})", _floors),
    Part("inbox", _INBOX, "(select count(*) from known) = cardinality({0})", _inbox),
    Part("states", _STATES, "(select count(*) from made) + (select count(*) from changed) = cardinality({0})", _states),
    Part("claims", _CLAIMS, "(select count(*) from claimed) = cardinality({0})", _claims),
    Part("owners", _OWNERS, "(select otherwise from owned) = 0", _owners),
    Part("release", _RELEASE, "", _release),
    Part("timers", _TIMERS, "(select count(*) from timed) = cardinality({0})", _timers),
    Part("unpark", _UNPARK, "(select count(*) from unparked) = cardinality({0})", _unpark),
    Part("park", _PARK, "", _park),
    Part("behind", _BEHIND, "(select count(*) from behind) = cardinality({0})", _behind),
    Part("set aside", _SET_ASIDE, "", _set_aside),
    Part("take back", _TAKE_BACK, "(select count(*) from back) = cardinality({0})", _take_back),
    Part("facts", _FACTS, "", _facts),
    Part("missed", _MISSED, "", _missed),
    Part("gone", _GONE, "", _gone),
    Part("outbox", _OUTBOX, "(select count(*) from going) = cardinality({0})", _outbox),
    Part("raised", _RAISED, "", _raised),
)
_MOVED = "array(select w.place from source w where w.place not in (select h.place from held h) order by w.place)"
"""SQL: places of the sources whose floors are not as in the moment."""


def write(moment: Moment, changes: Mapping[Source, Changes]) -> tuple[str, list[Sequence[Any]]]:
    """The statement and its arguments."""
    every = list(changes.items())
    return assembled({part.name: part.columns(moment, every) for part in _PARTS})


def assembled(columns: Mapping[str, _Arrays]) -> tuple[str, list[Sequence[Any]]]:
    """The statement of these parts, name → an array for each column, and its arguments. Parts without rows are left out."""
    there = [part.name for part in _PARTS if part.name in columns and columns[part.name][0]]
    return _statement(tuple(there)), [column for name in there for column in columns[name]]


@lru_cache(256)
def _statement(names: tuple[str, ...]) -> str:
    expressions, guards, place = list[str](), list[str](), 1
    for part in _PARTS:
        if part.name in names:
            numbered = [f"${place + n}" for n in range(len(part.columns(Moment(), ())))]
            place += len(numbered)
            expressions.append(part.text.format(*numbered))
            if part.guard:
                guards.append(f"when not ({part.guard.format(*numbered)}) then stale({_MOVED}, '{part.name}')")
    return f"with {', '.join(expressions)}\nselect case {' '.join(guards)} end"
