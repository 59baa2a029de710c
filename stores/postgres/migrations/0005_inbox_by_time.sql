-- The sweep deletes the oldest entries. After its deletions new rows fill the free places of old pages, so that nearly every
-- page holds an old and a new one: a block range index excludes no page then, and each sweep reads the whole table.
-- A btree leads to the oldest entries whatever the pages hold.

drop index inbox_at;
create index inbox_by_time on inbox (at);
drop index effect_at;
create index effect_by_time on effect (at) where done;

-- Which of the last commands of a partition raised: bit n says it of the n-th last one.
create table breaker (
    consumer  text    not null,
    topic     text    not null,
    partition integer not null,
    raised    integer not null,
    primary key (consumer, topic, partition)
);
