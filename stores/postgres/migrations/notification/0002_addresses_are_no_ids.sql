-- A recipient that is an address had the address as its id; now a hash of it is (agents/notification/recipient.py). Such
-- recipients had no state but their version, and nobody reads the versions of their events.
delete from aggregate where strpos(id, '@') > 0;
