"""A name of its own for each test on the session's Elasticsearch."""

import uuid
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from stores.elastic.connection import Connection
from stores.elastic.daily import Daily
from stores.elastic.documents import Documents

DAYS = 30
FORM = {"properties": {"amount": {"type": "long"}, "word": {"type": "keyword"}}}


@pytest_asyncio.fixture(loop_scope="session")
async def documents(elastic: str) -> AsyncGenerator[Documents]:
    made = Documents(Connection(elastic))
    yield made
    await made.close()


@pytest.fixture
def name() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


@pytest_asyncio.fixture(loop_scope="session")
async def daily(documents: Documents, name: str) -> Daily:
    made = Daily(documents, name, FORM, DAYS)
    await made.begin()
    return made
