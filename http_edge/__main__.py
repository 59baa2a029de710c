"""Starts one edge process with both gateways, web and mobile: `python -m http_edge`. Several may share the ports."""

import asyncio
import contextlib
import errno
import os
import resource
import secrets
import socket
import sys
from collections.abc import AsyncGenerator

import uvloop

from http_edge import mobile, web
from http_edge.about import system
from http_edge.about.metrics import Metrics
from http_edge.commands.withdrawals import Withdrawals
from http_edge.gateway import Gateway
from http_edge.reads.streams import Streams
from http_edge.routing.edge import Edge
from http_edge.serving import Serving
from http_edge.web import operations
from http_edge.wire.access_log import AccessLog
from http_edge.wire.compression import Compression
from http_edge.wire.connections import Bounds, Connections
from http_edge.wire.tokens import Tokens
from stores import telemetry, tracing
from stores.ending import told_to_end
from stores.kafka.producer import CommandProducer
from stores.keyring import EdgeKeys, edge_keys
from stores.logs.lines import Lines
from stores.logs.shipping import shipping
from stores.mongo.connection import connect as connect_mongo
from stores.mongo.photos import Photos
from stores.redis.answers import Answers
from stores.redis.connection import connect
from stores.redis.lists import Lists
from stores.redis.memory import Memory
from stores.redis.notices import Notices
from stores.redis.positions import Positions
from stores.redis.reader import Reader
from stores.redis.search import Search
from stores.settings import BadSetting, Settings, exit_with, load_or_exit

HARD_EXIT_SECONDS = 9.0
JOIN_SECONDS = 3.0  # that a new edge waits for Kafka and Redis before it lets clients in without them
JOIN_POLL_SECONDS = 0.02
REDIS_CONNECTIONS = 256  # at most: reads of lists and notes of operations are sent at the same time
MONGO_CONNECTIONS = 20
MONGO_PATIENCE, MONGO_SECONDS = 1.5, 2.5  # seconds for a connection, and for a call: a client waits for the answer
OTHER_DESCRIPTORS = 64  # Kafka, the sockets that listen, logs

_log = telemetry.logger("http_edge")


@contextlib.asynccontextmanager
async def open_edge(settings: Settings, keys: EdgeKeys) -> AsyncGenerator[Edge]:
    """Starts whether or not Kafka and Redis are there; both come back by themselves."""
    edge_id = secrets.token_hex(8)
    redis = connect(settings.redis, connections=REDIS_CONNECTIONS)
    answers, producer = Answers(redis, edge_id), CommandProducer(settings.kafka, f"lezzet-edge-{edge_id}")
    answers.start()
    producer.start()
    reader = Reader(redis)
    lists = Lists(redis, reader)
    mongo = connect_mongo(settings.mongo, "edge", size=MONGO_CONNECTIONS, patience=MONGO_PATIENCE)
    withdrawals = Withdrawals(reader)
    streams = Streams(reader, lists)
    notices = Notices(redis, streams.changed, streams.all_changed)
    memory = Memory(redis)
    streams.start()
    memory.start()
    notices.start()
    compression = Compression()
    try:
        yield Edge(
            id=edge_id,
            reads=reader,
            lists=lists,
            searches=Search(redis, reader.tags),
            answers=answers,
            commands=producer,
            withdrawals=withdrawals,
            streams=streams,
            tokens=Tokens(keys.jwt),
            keys=keys,
            connections=Connections(_bounds(settings), asyncio.get_running_loop().time),
            memory=memory,
            photos=Photos(mongo, MONGO_SECONDS),
            positions=Positions(redis),
            origin=settings.edge_origin,
            compression=compression,
            cors_origins=frozenset(settings.cors_origins),
        )
    finally:
        compression.close()
        parts = (producer.stop(), answers.stop(), notices.stop(), streams.stop(), withdrawals.stop())
        await asyncio.gather(*parts, reader.close(), lists.close(), memory.stop(), return_exceptions=True)
        mongo.close()
        with contextlib.suppress(Exception):
            await redis.aclose()


def gateways(edge: Edge, access_log: AccessLog, lines: Lines) -> tuple[Gateway, Gateway]:
    """The web and the mobile gateway. Their metrics are counted together. The mobile one has the routes of operations, too:
    a phone that was answered 202 asks the gateway that it knows. lines: of this process' log."""
    metrics = Metrics(edge.id, edge.connections, lines)
    for_browsers = system.rows("Lezzet, web gateway", web.ROUTES, metrics)
    for_phones = system.rows("Lezzet, mobile gateway", (*mobile.ROUTES, *operations.ROUTES), metrics)
    compressing = Gateway(edge, for_phones, metrics, access_log, edge.compression)
    return Gateway(edge, for_browsers, metrics, access_log), compressing


async def run(settings: Settings, keys: EdgeKeys, lines: Lines) -> None:
    stop, loop = told_to_end(), asyncio.get_running_loop()
    async with shipping(settings.rabbit, "edge", lines), open_edge(settings, keys) as edge:
        access_log = AccessLog("edge", enabled=settings.log_level in ("debug", "info"))
        for_browsers, for_phones = gateways(edge, access_log, lines)
        serving = Serving(edge.connections)
        port = await serving.bind(for_browsers, settings.edge_host, settings.edge_port)
        mobile_port = await _bind_mobile(serving, for_phones, settings)
        await _open_alone(serving, for_browsers, settings.edge_health_port)
        await _until_it_can_write(edge, stop)
        serving.open()
        _log.info(
            "listening",
            host=settings.edge_host,
            port=port,
            mobile_port=mobile_port,
            edge=edge.id,
            connections=_bounds(settings).total,
        )
        await stop.wait()
        # The process ends then though a request still hangs: a deployment must not wait for it.
        loop.call_later(settings.edge_drain_seconds + HARD_EXIT_SECONDS, os._exit, 1)
        await serving.close(settings.edge_drain_seconds)
        access_log.flush()
        tracing.close()
    _log.info("stopped")


def main() -> None:
    _allow_many_connections()
    settings = load_or_exit()
    try:
        keys = edge_keys(settings.keys)
    except BadSetting as error:
        exit_with(error)
    lines = Lines()
    telemetry.configure("edge", settings.log_level, lines)
    tracing.configure(settings.otlp, "edge")
    try:
        uvloop.run(run(settings, keys, lines))
    except BadSetting as error:
        exit_with(error)
    except OSError as error:
        where = f"{settings.edge_host}:{settings.edge_port}"
        sys.stderr.write(f"configuration: {_to_blame(error)}: cannot listen on {where} ({error.strerror})\n")
        raise SystemExit(2) from None


def _allow_many_connections() -> None:
    """Each open stream is one. The usual soft limit of 1,024 files is there for programs that use select()."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError):  # where the hard limit is "unlimited", and the kernel has another one
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _bind_mobile(serving: Serving, gateway: Gateway, settings: Settings) -> int:
    """The port. Raises BadSetting: for EDGE_MOBILE_PORT, since the web gateway listens on EDGE_HOST already."""
    port = settings.edge_mobile_port
    try:
        return await serving.bind(gateway, settings.edge_host, port)
    except OSError as error:
        why = f"cannot listen on {settings.edge_host}:{port} ({error.strerror})"
        raise BadSetting("EDGE_MOBILE_PORT", why) from None


async def _open_alone(serving: Serving, gateway: Gateway, port: int | None) -> None:
    """Raises BadSetting."""
    try:
        if port is not None:
            await serving.open_alone(gateway, port)
    except OSError as error:
        raise BadSetting("EDGE_HEALTH_PORT", f"cannot listen on 127.0.0.1:{port} ({error.strerror})") from None


async def _until_it_can_write(edge: Edge, stop: asyncio.Event) -> None:
    """Waits until Kafka and Redis are connected, JOIN_SECONDS at most, or until `stop` is set. The other edges that share the
    port answer meanwhile. Where Kafka or Redis is away for longer, this edge opens all the same and answers 503."""
    late = asyncio.get_running_loop().time() + JOIN_SECONDS
    while not (edge.commands.connected and edge.answers.connected) and asyncio.get_running_loop().time() < late:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(JOIN_POLL_SECONDS):
                await stop.wait()
                return


def _bounds(settings: Settings) -> Bounds:
    """EDGE_CONNECTIONS, or fewer where the process may not open so many files: the kernel would reset connections for which no
    descriptor is left, and no metric would count them."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    left = max(descriptors - REDIS_CONNECTIONS - MONGO_CONNECTIONS - OTHER_DESCRIPTORS, descriptors // 2)
    return Bounds(
        total=min(settings.edge_connections, left),
        of_address=settings.edge_connections_of_address,
        trusted=settings.edge_trusted_proxies,
    )


def _to_blame(error: OSError) -> str:
    """The setting that causes this error of bind()."""
    of_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
    return "EDGE_HOST" if of_host else "EDGE_PORT"


if __name__ == "__main__":
    main()
