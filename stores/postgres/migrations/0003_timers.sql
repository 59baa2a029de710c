-- Commands that aggregates send to themselves at a time. A row waits for its time (sent = false), is sent, and goes with the
-- write that decides the command.

create table timer (
    key       text        not null,
    name      text        not null,
    id        text        not null,      -- of the command
    due       timestamptz not null,
    sent      boolean     not null default false,
    consumer  text        not null,      -- of the partition whose owner sends it
    topic     text        not null,      -- where it goes
    partition integer     not null,
    headers   text        not null,
    body      bytea       not null,
    primary key (key, name)
);
create index timer_due on timer (consumer, topic, partition, due) where not sent;

-- The domain's clock: a timer is due when it says so. `fault timers` puts another function here, whose clock jumps.
create function domain_clock() returns timestamptz language sql volatile as 'select clock_timestamp()';
