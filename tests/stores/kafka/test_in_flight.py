"""Who reads a log beside the groups does not stand still either. The race itself:
tests/agents/runtime/transport/test_fetching.py."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infra.stack.stack import Stack
from stores.kafka.admin import make_topic
from stores.kafka.brokers import Brokers
from stores.kafka.in_flight import NodesInFlight
from stores.kafka.log import open_log
from stores.kafka.replay import open_replay


@asynccontextmanager
async def log(brokers: Brokers, topic: str) -> AsyncGenerator[Any]:
    async with open_log(brokers) as opened:
        yield opened


@asynccontextmanager
async def replay(brokers: Brokers, topic: str) -> AsyncGenerator[Any]:
    async with open_replay(brokers, topic, 0) as opened:
        yield opened


@pytest.mark.parametrize("opens", [log, replay])
async def test_its_fetches_wake_it_when_they_end(servers: Stack, opens: Any) -> None:
    brokers, topic = servers.endpoints.brokers, f"in_flight_{uuid.uuid4().hex}"
    await make_topic(brokers, topic, 1, {})
    async with opens(brokers, topic) as opened:
        assert isinstance(opened._consumer._fetcher._in_flight, NodesInFlight)
