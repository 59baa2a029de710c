-- Events whose effect could not happen while those of others could: they wait here, and the floor has moved past them.

create table set_aside (
    consumer    text        not null,
    id          text        not null,
    topic       text        not null,
    partition   integer     not null,
    key         text        not null,
    incarnation integer     not null,
    "offset"    bigint      not null,
    source      text        not null,
    at          timestamptz not null,
    raw_key     bytea,
    headers     bytea       not null,
    body        bytea,
    since       timestamptz not null,
    tries       integer     not null,
    due         timestamptz,            -- null: an earlier event of its key waits, too
    reason      text        not null,
    primary key (consumer, id)
);
create index set_aside_due on set_aside (consumer, topic, partition, due) where due is not null;
create index set_aside_key on set_aside (consumer, topic, partition, key, incarnation, "offset");
create index set_aside_since on set_aside (consumer, topic, partition, since);
