-- The tables that every domain's schema has: what the runtime's one transaction a batch reads and writes.
-- Applied once to each domain's schema (the connection's search_path names it).

create table aggregate (
    id      text primary key,
    version bigint not null check (version > 0),
    state   json   not null
) with (fillfactor = 70);

create table fact (
    name    text   not null,
    key     text   not null,
    version bigint not null,
    body    json,                       -- null: gone, the version stays as a guard against late events
    primary key (name, key)
) with (fillfactor = 80);

-- next: the next offset to do, the truth about what has been done; Kafka's committed offset is a hint.
create table floor (
    consumer    text    not null,
    topic       text    not null,
    partition   integer not null,
    next        bigint  not null,
    incarnation integer not null default 0,
    epoch       bigint  not null default 0,
    primary key (consumer, topic, partition)
) with (fillfactor = 20);

create table inbox (
    source  text        not null,
    id      text        not null,
    outcome text,
    at      timestamptz not null default clock_timestamp(),
    primary key (source, id)
);
create index inbox_at on inbox using brin (at);

create table outbox (
    seq       bigint generated always as identity primary key,
    consumer  text    not null,
    topic     text    not null,
    partition integer not null,
    channel   text    not null,
    target    text    not null,
    key       bytea,
    headers   text    not null,
    body      bytea
);
create index outbox_source on outbox (consumer, topic, partition, seq);

create table parked (
    seq       bigint generated always as identity primary key,
    consumer  text        not null,
    topic     text        not null,
    partition integer     not null,
    key       text        not null,
    "offset"  bigint      not null,
    source    text        not null,
    id        text        not null,
    at        timestamptz not null,
    headers   bytea       not null,
    body      bytea       not null,
    reason    text        not null
);
create index parked_key on parked (consumer, topic, key, seq);

create table claim (
    kind  text not null,
    value text not null,
    owner text not null,
    primary key (kind, value)
);

create table effect (
    consumer text        not null,
    id       text        not null,
    done     boolean     not null default false,
    at       timestamptz not null default clock_timestamp(),
    primary key (consumer, id)
);
create index effect_at on effect using brin (at);
