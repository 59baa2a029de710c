"""Makes a domain's collection with its indexes."""

from stores.mongo import documents, names
from stores.mongo.errors import translated
from stores.mongo.store import database


async def provision(url: str, domain: str) -> int:
    """Safe to run again. Returns how many indexes were missing. Before it, nothing can be opened there. Raises Doubt."""
    async with database(url, "provision") as found, translated():
        collection = found[domain]
        there = domain in await found.list_collection_names()
        before = set(await collection.index_information()) if there else set[str]()
        made = set(await collection.create_indexes(documents.INDEXES)) - before
        await collection.update_one({"_id": names.PROVISIONED}, {"$set": {"kind": "provisioned"}}, upsert=True)
    return len(made)
