-- Until when the effect of an event that is set aside is tried, as the last try says. Null: no try has said it.
alter table set_aside add column until timestamptz;
