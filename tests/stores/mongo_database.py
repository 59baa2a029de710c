"""A database of MongoDB for one test."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from infra.stack.stack import Stack
from stores.mongo.connection import Client, connect


@asynccontextmanager
async def own_database(servers: Stack) -> AsyncGenerator[Client]:
    """A client whose default database is new; it is removed at the end."""
    said = urlsplit(servers.environment()["MONGO_URL"])
    name = f"test-{uuid.uuid4().hex[:12]}"
    made = connect(urlunsplit(said._replace(path=f"/{name}")), "tests")
    try:
        yield made
        await made.drop_database(name)
    finally:
        made.close()
