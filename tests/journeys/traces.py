"""Where in the stores something still stands: all tables of PostgreSQL, all documents of MongoDB, all keys of Redis."""

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

_COLUMNS = """
select table_schema as schema, table_name as name, array_agg(column_name::text) as columns,
       array_agg(data_type::text) as types
  from information_schema.tables join information_schema.columns using (table_schema, table_name)
 where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
 group by 1, 2
"""


async def in_postgres(url: str, texts: Collection[str]) -> set[str]:
    """`<schema>.<table>` of every table in which one of the texts stands, in whatever column and case."""
    found: set[str] = set()
    connection = await asyncpg.connect(url)
    try:
        for table in await connection.fetch(_COLUMNS):
            place = f'"{table["schema"]}"."{table["name"]}"'
            # not `escape`, which turns letters that are not ASCII into octal digits
            row = " || ' ' || ".join(_as_text(*column) for column in zip(table["columns"], table["types"], strict=True))
            said = f"select 1 from {place} where lower({row}) like any($1) limit 1"
            if await connection.fetchval(said, [f"%{text.lower()}%" for text in texts]):
                found.add(f"{table['schema']}.{table['name']}")
    finally:
        await connection.close()
    return found


def _as_text(column: str, kind: str) -> str:
    text = f"convert_from(\"{column}\", 'utf8')" if kind == "bytea" else f'"{column}"::text'
    return f"coalesce({text}, '')"


async def in_mongo(url: str, texts: Collection[str]) -> set[str]:
    """`<collection>.<kind>` of every document in which one of the texts stands, in whatever field and case."""
    found: set[str] = set()
    client = AsyncIOMotorClient(url)
    database = client.get_default_database()
    for name in await database.list_collection_names():
        async for document in database[name].find():
            said = " ".join(map(_decoded, document.values())).lower()
            if any(text.lower() in said for text in texts):
                found.add(f"{name}.{document.get('kind', 'other')}")
    client.close()
    return found


def _decoded(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


async def is_decided(url: str, domain: str, command_id: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(f'select 1 from "{domain}".inbox where id = $1', command_id) is not None
    finally:
        await connection.close()


async def in_redis(url: str, texts: Collection[str]) -> Mapping[str, str]:
    """Key → what stands in it, for every key in which one of the texts stands, in its name or in its value."""
    store = Redis.from_url(url)
    try:
        held = {name.decode(): await _value(store, name) async for name in store.scan_iter(count=1000)}
    finally:
        await store.aclose()
    return {name: value for name, value in held.items() if any(t.lower() in f"{name} {value}".lower() for t in texts)}


async def _value(store: Redis, name: bytes) -> str:
    match (await store.type(name)).decode():
        case "string":
            value = await store.get(name)
        case "zset":
            value = b" ".join(await store.zrange(name, 0, -1))
        case "set":
            value = b" ".join(await store.smembers(name))
        case "hash":
            value = b" ".join(each for pair in (await store.hgetall(name)).items() for each in pair)
        case kind:
            assert kind == "none", f"{name!r} is a {kind}, which is not searched"
            value = b""
    return (value or b"").decode(errors="replace")
