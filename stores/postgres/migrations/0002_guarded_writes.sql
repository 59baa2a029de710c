-- Outbox rows are named by whoever makes them: a write needs no counter of the server, and returns nothing.
-- Rows that are there were made before all that follow: incarnation -1 keeps them first, in their order.

alter table outbox add column incarnation integer, add column "offset" bigint, add column n bigint;
update outbox set incarnation = -1, "offset" = seq, n = 0;
drop index outbox_source;
alter table outbox
    drop column seq,
    alter column incarnation set not null,
    alter column "offset" set not null,
    alter column n set not null,
    add primary key (consumer, topic, partition, incarnation, "offset", n);

-- Of decisions that made no event: which versions of others' facts they read, {table: {key: version}}.
alter table inbox add column facts text;

-- Ends a write whose guards do not hold, and with it all that its statement did. sources: places of those that moved.
create function stale(sources bigint[], what text) returns boolean language plpgsql as '
begin
    raise exception using errcode = ''LZ001'', message = what, detail = array_to_string(sources, '','');
end';
