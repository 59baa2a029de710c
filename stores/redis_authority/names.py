"""The keys of a domain's store. All of them have one hash tag, the domain in braces, so a cluster keeps them together.

`{basket}:` before each of these:

    store            hash    that the store is whole, and how it was made: see stores/redis_authority/making.py
    complete         string  that all of a store that moves here is here: it is marked as whole when it is gone where it was
    floor            hash    source → next, incarnation, epoch
    inbox            hash    message → "+" and its outcome, or "-" for none
    inbox:facts      hash    message → facts that its decision read, of those that made no event
    inbox:at         zset    message by the server's time in ms
    state            hash    aggregate id → version, newline, JSON
    fact:<table>     hash    key → version, newline, JSON; only the version where it is gone
    claim            hash    kind, value → owner
    parked           hash    seq → the message
    parked:name      hash    seq → topic, id, group, key
    parked:as        zset    topic, id, group, key, seq, in the order of their bytes
    parked:keys      hash    reader, key → how many are parked
    parked:of:…      zset    of a reader and a key: seq by seq
    parked:seq       string  the last seq
    outbox           set     sources that have rows
    outbox:<source>  hash    row id → the row
    timer            hash    aggregate id → name → id, due, source
    timer:row        hash    aggregate id, name → headers and body of the command
    timer:due:<source> zset  aggregate id, name by due time in µs; without those that are sent
    effect           hash    group, event → "0" begun, "1" ended
    effect:at        zset    group, event by the server's time in ms, of those that have ended
    aside            hash    group, event → source, key, place, since, tries, due, reason, until
    aside:row        hash    group, event → the rest of it
    aside:of:…       zset    of a source and a key: place and event, in the order of their bytes
    aside:due:<source>   zset  event by due time in µs
    aside:since:<source> zset  event by the time in µs when it was set aside
    missed           hash    source → next, code
    raised           hash    source → which of the last messages raised

A reader is group, space, topic; a source is a reader, space, partition. Other names of several parts have NUL between them,
which no part can contain.
"""

from stores.protocol import RowId, Source

NUL = "\0"


def prefix(domain: str) -> str:
    return f"{{{domain}}}:"


def reader_name(source: Source) -> str:
    return f"{source.group} {source.topic}"


def source_name(of: Source) -> str:
    return f"{of.group} {of.topic} {of.partition}"


def source_named(name: str) -> Source:
    group, topic, partition = name.split(" ")
    return Source(group, topic, int(partition))


def row_name(id: RowId) -> str:
    return f"{id.incarnation} {id.offset} {id.n}"


def row_named(name: bytes) -> RowId:
    return RowId(*map(int, name.split(b" ")))
