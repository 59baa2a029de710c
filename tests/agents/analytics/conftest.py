"""Order facts of a test's own on the session's Elasticsearch."""

import uuid
from collections.abc import AsyncGenerator

import pytest_asyncio

from agents.analytics.known import FORM
from stores.elastic.connection import Connection
from stores.elastic.daily import Daily
from stores.elastic.documents import Documents


@pytest_asyncio.fixture(loop_scope="session")
async def order_facts(elastic: str) -> AsyncGenerator[Daily]:
    made = Daily(Documents(Connection(elastic)), f"orders{uuid.uuid4().hex[:10]}", FORM, 90)
    await made.begin()
    yield made
    await made.close()
