-- The first event of a partition that a reader of facts could not apply, and the fingerprint of the code that could not.
-- Other code begins there again when it opens the partition: versions drop what was applied.
create table missed (
    consumer  text    not null,
    topic     text    not null,
    partition integer not null,
    next      bigint  not null,
    code      text    not null,
    primary key (consumer, topic, partition)
);
