-- Orders of before this release have no timer, so those that nobody ends would stay for ever. Each gets one: an order that is
-- placed expires a day from now, or two days after it is wanted; a draft whose reservation nobody tells of is given up soon.
insert into timer (key, name, id, due, consumer, topic, partition, headers, body)
select key, name, id, due, 'order.decide', 'order_commands', 0,
       (select json_agg(json_build_array(h.name, replace(encode(convert_to(h.value, 'UTF8'), 'base64'), E'\n', '')))
          from (values ('ce_specversion', '1.0'), ('ce_type', command), ('ce_source', 'lezzet/order'),
                       ('ce_correlationid', id), ('ce_id', id), ('ce_subject', key), ('lezzet_timer', name),
                       ('lezzet_due', to_char(due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
               ) as h (name, value))::text,
       '{}'::bytea
  from (select aggregate.id as key, md5('0008 ' || aggregate.id)::uuid::text as id, wait.*
          from aggregate,
               lateral (select case json_typeof(state) when 'array' then state -> 1 else state end as found) as one,
               lateral (select 'expiry' as name, 'ExpireOrder' as command,
                               greatest(domain_clock() + interval '1 day',
                                        left(found -> 'placed' ->> 'schedule_date', 10)::date + interval '2 days') as due
                         where json_typeof(found -> 'placed') = 'object' and found ->> 'placed_as' is null
                           and found ->> 'cancelled' is null and found ->> 'delivered' is null
                         union all
                        select 'reservation', 'GiveUpReservation', domain_clock() + interval '5 minutes'
                         where json_typeof(found -> 'drafted') = 'object') as wait
       ) as waiting
    on conflict do nothing;
