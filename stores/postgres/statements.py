"""The statements of a domain's store. `bench runtime` runs OPEN, LOOK and what writing.py makes, too."""

OPEN = """
insert into floor as f (consumer, topic, partition, next) values ($1, $2, $3, $4)
on conflict (consumer, topic, partition) do update set epoch = f.epoch + 1
returning next, incarnation, epoch
"""

AGAIN = """
with known as (select next, code from missed where consumer = $1 and topic = $2 and partition = $3),
gone as (
    delete from missed m using floor f
     where (m.consumer, m.topic, m.partition) = ($1, $2, $3) and (f.consumer, f.topic, f.partition) = ($1, $2, $3)
       and f.epoch = $4 and m.code <> $5
    returning m.next
),
moved as (
    update floor f set next = least(f.next, g.next) from gone g
     where (f.consumer, f.topic, f.partition) = ($1, $2, $3)
    returning f.next
)
select (select next from moved) as next, exists (select from known where code = $5) as missed
"""

LOOK = """
select 'r' as what, f.incarnation::text as a, f.epoch::text as b, f.partition::bigint as n, f.next::text as body
  from floor f where f.consumer = $1 and f.topic = $2 and f.partition = any($3)
union all
select 'k', i.source, i.id, 0, i.outcome
  from unnest($4::text[], $5::text[]) w(source, id) join inbox i using (source, id)
union all
select 's', a.id, '', a.version, case when a.reach - octet_length(a.state) < $11 then a.state end
  from (select id, version, state::text as state, sum(octet_length(state::text)) over (order by w.place) as reach
          from unnest($6::text[]) with ordinality w(id, place) join aggregate using (id)) a
union all
select distinct 'p', p.key, '', 0::bigint, null::text from parked p
 where p.consumer = $1 and p.topic = $2 and p.key = any($6)
union all
select 'f', f.name, f.key, f.version, f.body::text
  from unnest($7::text[], $8::text[]) w(name, key) join fact f using (name, key)
union all
select 'c', c.kind, c.value, 0, c.owner
  from unnest($9::text[], $10::text[]) w(kind, value) join claim c using (kind, value)
union all
select 't', t.key, t.name, (extract(epoch from t.due) * 1000000)::bigint, t.id from timer t where t.key = any($6)
"""

PARKED = """
select key, seq, "offset", source, id, at, reason, case when shown then headers end as headers,
       case when shown then body end as body
  from (select *, place <= $4 and (place = 1 or reach <= $5) as shown
          from (select p.*, row_number() over came as place,
                       sum(octet_length(p.headers) + octet_length(p.body)) over came as reach
                  from unnest($3::text[]) with ordinality w(key, n) cross join lateral (
                       select * from parked where consumer = $1 and topic = $2 and parked.key = w.key order by seq limit $4 + 1
                       ) p
                window came as (order by w.n, p.seq)) p
         where place <= $4 + 1) p
 order by place
"""
"""Rows beyond what a look brings have no body: they say that there are more."""

PARKED_NAMES = (
    "select key, seq, id from parked where consumer = $1 and topic = $2 and key = any($3) and id = any($4) order by seq"
)

RAISED = "select raised from breaker where consumer = $1 and topic = $2 and partition = $3"

ASIDE = """
select w.key, first.id from unnest($4::text[]) w(key), lateral (
    select id from set_aside where consumer = $1 and topic = $2 and partition = $3 and key = w.key
     order by incarnation, "offset" limit 1
) first
"""

NEXT_ASIDE = """
select id, key, incarnation, "offset", source, at, raw_key, headers, body, since, tries, due, reason, until
  from set_aside
 where consumer = $1 and topic = $2 and partition = $3 and due is not null order by due limit $4
"""

WAITING = """
select p.partition, w.events, w.since from unnest($3::int[]) p(partition), lateral (
    select count(*) as events, min(since) as since from set_aside
     where consumer = $1 and topic = $2 and partition = p.partition
) w where w.events > 0
"""

OUTBOX = """
select channel, target, key, headers, body, incarnation, "offset", n from outbox
 where consumer = $1 and topic = $2 and partition = $3 order by incarnation, "offset", n
"""

OUTBOX_SOURCES = "select distinct consumer, topic, partition from outbox"

FORGET = """
delete from outbox o using unnest($4::int[], $5::bigint[], $6::bigint[]) w(incarnation, "offset", n)
 where o.consumer = $1 and o.topic = $2 and o.partition = $3
   and o.incarnation = w.incarnation and o."offset" = w."offset" and o.n = w.n
"""

STATES = "select id, version, state::text as body from aggregate where id = any($1)"

DUE_TIMERS = """
with clock as materialized (select domain_clock() as now),
mine as materialized (
    select f.consumer, f.topic, f.partition
      from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) w(consumer, topic, partition, epoch)
      join floor f using (consumer, topic, partition) where f.epoch = w.epoch
)
select m.partition, d.key, d.name, m.topic, d.id, d.due, d.headers, d.body,
       extract(epoch from (select now from clock) - d.due)::float8 as late
  from mine m cross join lateral (
    select * from timer t
     where (t.consumer, t.topic, t.partition) = (m.consumer, m.topic, m.partition) and not t.sent
       and t.due <= (select now from clock)
     order by t.due limit $5
  ) d
union all
select null, null, null, null, null, now, null, null, null from clock
union all
select m.partition, null, null, null, null, null, null, null, extract(epoch from (select now from clock) - n.due)::float8
  from mine m cross join lateral (
    select t.due from timer t
     where (t.consumer, t.topic, t.partition) = (m.consumer, m.topic, m.partition) and not t.sent
       and t.due > (select now from clock)
     order by t.due limit 1
  ) n
"""
"""The clock is read once, as a subquery: so the index on `due` can be used. Of the rows without a
key one has its time in `due`, and the others are the next ones that are not due."""

TIMERS_SENT = """
with free as (
    select t.key, t.name from unnest($1::text[], $2::text[], $3::text[]) w(key, name, id) join timer t using (key, name, id)
     where not t.sent for update of t skip locked
)
update timer t set sent = true from free where (t.key, t.name) = (free.key, free.name)
"""
"""Rows that a write has locked are left out: it takes them away, and to wait for it could be a deadlock. Where it fails, they
are sent again."""

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

END_EFFECTS = """
with ended as (update effect set done = true where consumer = $1 and id = any($4) returning 1)
insert into outbox (consumer, topic, partition, incarnation, "offset", n, channel, target, key, headers, body)
select $1, $2, $3, o.* from unnest($5::int[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::bytea[],
       $11::text[], $12::bytea[]) o
on conflict do nothing
"""

SWEEP_INBOX = """
delete from inbox where ctid = any(array(
    select ctid from inbox where at < now() - $1::interval order by at limit $2 for update skip locked))
"""
"""The array makes PostgreSQL fetch the rows by their place, whatever it believes about the table. Processes that sweep at the
same time take different rows."""

SWEEP_EFFECTS = """
delete from effect where ctid = any(array(
    select ctid from effect where done and at < now() - $1::interval order by at limit $2 for update skip locked))
"""
