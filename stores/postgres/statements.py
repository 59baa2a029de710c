"""The statements of a batch: one round trip each to lock, read and write. `bench runtime` runs the same."""

OPEN = """
insert into floor as f (consumer, topic, partition, next) values ($1, $2, $3, $4)
on conflict (consumer, topic, partition) do update set epoch = f.epoch + 1
returning next, incarnation, epoch
"""

LOCK = """
select next, epoch, incarnation from floor where consumer = $1 and topic = $2 and partition = $3 for update
"""
"""A statement of its own: what is read after it sees all that the last holder of the lock committed."""

READ = """
select 'k' as what, i.source as a, i.id as b, 0::bigint as n, i.outcome as body
  from unnest($1::text[], $2::text[]) w(source, id) join inbox i using (source, id)
union all
select 's', a.id, '', a.version, a.state::text from aggregate a where a.id = any($3)
union all
select distinct 'p', p.key, '', 0::bigint, null::text from parked p
 where p.consumer = $4 and p.topic = $5 and p.key = any($3)
union all
select 'f', f.name, f.key, f.version, f.body::text
  from unnest($6::text[], $7::text[]) w(name, key) join fact f using (name, key)
"""

FACTS = """
select f.name, f.key, f.version, f.body::text as body
  from unnest($1::text[], $2::text[]) w(name, key) join fact f using (name, key)
"""

CLAIM = """
insert into claim (kind, value, owner)
select c.kind, c.value, c.owner from unnest($1::text[], $2::text[], $3::text[]) c(kind, value, owner)
 order by c.kind, c.value
on conflict do nothing
returning kind, value
"""
"""Sorted, so that two batches which want the same values wait for each other instead of deadlocking."""

OWNERS = """
select c.kind, c.value, c.owner
  from unnest($1::text[], $2::text[]) w(kind, value) join claim c using (kind, value)
"""

RELEASE = """
delete from claim c using unnest($1::text[], $2::text[]) w(kind, value)
 where c.kind = w.kind and c.value = w.value
"""

COMMIT = """
with
moved as (
    update floor set next = greatest(next, $4) where consumer = $1 and topic = $2 and partition = $3
),
known as (
    insert into inbox (source, id, outcome)
    select i.source, i.id, i.outcome from unnest($5::text[], $6::text[], $7::text[]) i(source, id, outcome)
    on conflict do nothing returning 1
),
written as (select * from unnest($8::text[], $9::bigint[], $10::bigint[], $11::text[]) w(id, old, version, state)),
made as (
    insert into aggregate (id, version, state) select id, version, state::json from written where old = 0
    on conflict do nothing returning 1
),
changed as (
    update aggregate a set version = w.version, state = w.state::json from written w
     where a.id = w.id and a.version = w.old and w.old > 0 returning 1
),
gone as (delete from outbox where seq = any($12)),
going as (
    insert into outbox (consumer, topic, partition, channel, target, key, headers, body)
    select $1, $2, $3, o.channel, o.target, o.key, o.headers, o.body
      from unnest($13::text[], $14::text[], $15::bytea[], $16::text[], $17::bytea[])
           with ordinality o(channel, target, key, headers, body, place)
     order by o.place
    returning seq
)
select (select count(*) from known) as known,
       (select count(*) from made) + (select count(*) from changed) as written,
       array(select seq from going order by seq) as seqs
"""

WRITE_FACTS = """
insert into fact as f (name, key, version, body)
select w.name, w.key, w.version, w.body::json
  from unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) w(name, key, version, body)
on conflict (name, key) do update set version = excluded.version, body = excluded.body
 where f.version < excluded.version
"""

PARK = """
insert into parked (consumer, topic, partition, key, "offset", source, id, at, headers, body, reason)
select $1, $2, $3, p.* from unnest($4::text[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[], $9::bytea[],
       $10::bytea[], $11::text[]) p
"""

UNPARK = "delete from parked where seq = any($1)"

PARKED = """
select seq, key, "offset", source, id, at, headers, body, reason from parked
 where consumer = $1 and topic = $2 and key = any($3) order by seq
"""

OUTBOX = """
select channel, target, key, headers, body, seq from outbox
 where consumer = $1 and topic = $2 and partition = $3 order by seq
"""

OUTBOX_SOURCES = "select distinct consumer, topic, partition from outbox"

FORGET = "delete from outbox where seq = any($1)"

STATES = "select id, version, state::text as body from aggregate where id = any($1)"

BEGIN_EFFECTS = """
with current as (select epoch from floor where consumer = $1 and topic = $2 and partition = $3),
begun as (
    insert into effect as e (consumer, id)
    select $1, w.id from unnest($5::text[]) w(id) where (select epoch from current) = $4
    on conflict (consumer, id) do update set at = clock_timestamp() where not e.done
    returning id, (xmax <> 0) as again
)
select (select epoch from current) as epoch, id, again from current left join begun on true
"""
"""xmax is 0 on a row that was just inserted: `again` says that somebody began this effect before and did not end it."""

END_EFFECTS = "update effect set done = true where consumer = $1 and id = any($2)"

ADD_OUTBOX = """
insert into outbox (consumer, topic, partition, channel, target, key, headers, body)
select $1, $2, $3, o.channel, o.target, o.key, o.headers, o.body
  from unnest($4::text[], $5::text[], $6::bytea[], $7::text[], $8::bytea[])
       with ordinality o(channel, target, key, headers, body, place)
 order by o.place
returning seq
"""

SWEEP_INBOX = """
delete from inbox where ctid in (select ctid from inbox where at < $1 limit $2)
"""

SWEEP_EFFECTS = """
delete from effect where ctid in (select ctid from effect where done and at < $1 limit $2)
"""
