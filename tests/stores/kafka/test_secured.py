"""Servers that speak TLS and ask who is there: each way into Kafka, and the whole product behind them."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import NamedTuple

import aio_pika
import aiohttp
import pytest
import pytest_asyncio

from agents.provision import provision
from infra.stack.stack import Stack
from replay.tools import Tools
from stores.errors import Unavailable
from stores.kafka.admin import partition_counts
from stores.kafka.brokers import MECHANISMS
from stores.kafka.log import open_log
from stores.kafka.producer import CommandProducer
from stores.kafka.raw import RawRecord, open_raw
from stores.settings import load
from tests.deadline import until, within
from tests.replay.scene import running
from tests.secured import (
    Authority,
    SecuredBaskets,
    SecuredKafka,
    SecuredPostgres,
    SecuredRabbit,
    SecuredRedis,
    environment,
    kafka_environment,
)

TOPIC = "user_created"


class Secured(NamedTuple):
    stack: Stack
    authority: Authority

    def brokers(self, protocol: str, mechanism: str = "SCRAM-SHA-512", **more: str):
        return load(kafka_environment(self.stack.site, self.authority, protocol, mechanism) | more).kafka

    def environment(self) -> dict[str, str]:
        return self.stack.environment() | dict(environment(self.stack.site, self.authority))


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="lezzet-secured-"))
    made.chmod(0o711)  # PostgreSQL's user passes to its certificate
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def secured() -> AsyncGenerator[Secured]:
    folder = _folder()
    try:
        async with Stack(data=folder / "stack", servers=("mongo", "mailbox", "provider")) as stack:
            authority, site = Authority(folder / "certificates"), stack.site
            kafka = SecuredKafka(site, authority)
            await stack.supervisor.start_servers(
                [
                    kafka,
                    *(kind(site, authority) for kind in (SecuredPostgres, SecuredRedis, SecuredBaskets, SecuredRabbit)),
                ]
            )
            await asyncio.to_thread(kafka.add_user)
            made = Secured(stack, authority)
            await provision(load(made.environment()))
            yield made
    finally:
        shutil.rmtree(folder)


WAYS = [
    *(("SASL_SSL", each) for each in MECHANISMS),
    *(("SASL_PLAINTEXT", each) for each in MECHANISMS),
    ("SSL", "PLAIN"),
]


@pytest.mark.parametrize(("protocol", "mechanism"), WAYS)
async def test_each_way_into_kafka_leads_to_all_of_it(secured: Secured, protocol: str, mechanism: str):
    brokers, key = secured.brokers(protocol, mechanism), uuid.uuid4().hex.encode()
    assert brokers.protocol == protocol
    assert (await partition_counts(brokers))[TOPIC] > 0
    async with open_raw(brokers) as producer:
        partition, offset = await producer.send(RawRecord(TOPIC, key, [], b"{}"))
    commands = CommandProducer(brokers, "tests")
    commands.start()
    await until("the edge's producer to be connected", lambda: _is(commands.connected))
    await commands.stop()
    async with open_log(brokers) as log:
        (place,) = [each for each in log.places([TOPIC]) if each.partition == partition]
        found = [r async for chunk in log.read({place: offset}, {place: offset + 1}) for r in chunk]
    assert [record.key for record in found] == [key]


async def _is(value: bool) -> bool:
    return value


async def _has_exchange(url: str, name: str) -> bool:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        try:
            await channel.get_exchange(name)
        except aio_pika.exceptions.ChannelClosed:
            return False
        return True


@pytest.mark.parametrize(
    ("protocol", "wrong"),
    [
        ("SASL_SSL", {"KAFKA_SASL_PASSWORD": "wrong horse"}),
        ("SASL_SSL", {"KAFKA_SASL_USERNAME": "nobody"}),
        ("SASL_SSL", {"KAFKA_SSL_CAFILE": ""}),
        ("SSL", {"KAFKA_SSL_CERTFILE": ""}),
    ],
)
async def test_who_is_not_let_in_is_told_soon(secured: Secured, protocol: str, wrong: Mapping[str, str]):
    with pytest.raises(Unavailable) as told:
        async with open_log(secured.brokers(protocol, **wrong)):
            pass
    assert "horse" not in str(told.value)


async def test_a_name_that_the_certificate_does_not_have_is_not_trusted(secured: Secured):
    known = secured.brokers("SASL_SSL").addresses[0]
    with pytest.raises(Unavailable):
        async with open_log(secured.brokers("SASL_SSL", KAFKA_BROKERS=known.replace("localhost", "127.0.0.2"))):
            pass


async def test_the_product_runs_behind_tls_and_accounts(secured: Secured):
    """Agents, edge and tools, each server that can speaks TLS: who registers gets a mail, and the log lines are shipped."""
    address, more = f"{uuid.uuid4().hex}@example.com", secured.environment()
    more["EDGE_PORT"] = str(secured.stack.site.ports["edge"])
    more["EDGE_MOBILE_PORT"] = str(
        secured.stack.site.ports["agents_health"]
    )  # RabbitMQ has the one of the mobile gateway
    edge = f"http://127.0.0.1:{more['EDGE_PORT']}"
    async with (
        running(secured.stack, "agents", more=more, level="warning"),
        running(secured.stack, "http_edge", more=more, level="warning"),
        aiohttp.ClientSession() as http,
    ):

        async def ready() -> bool:
            try:
                async with http.get(f"{edge}/health/ready") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        async def registered() -> bool:
            async with http.post(
                f"{edge}/auth/register", json={"email": address, "password": "correct horse 1"}
            ) as answer:
                return answer.status in (200, 201)

        async def mailed() -> bool:
            async with http.get(f"{secured.stack.endpoints.mail}/messages", params={"to": address}) as answer:
                return bool(await answer.json())

        await until("the edge to be ready", ready)
        await until("an account", registered)
        await until("its mail", mailed)
        async with http.get(f"{edge}/restaurants") as answer:
            assert (answer.status, await answer.json()) == (200, [])
        await until("log lines to have gone to RabbitMQ", lambda: _has_exchange(more["RABBITMQ_URL"], "logs"))
    async with Tools(load(more)).log() as log:
        bounds = await within("the log", log.bounds(log.places(["user_events"])))
    assert sum(bound.end for bound in bounds.values()) > 0
