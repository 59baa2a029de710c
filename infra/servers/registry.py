"""The servers by name, in the order in which they are stopped last to first."""

from collections.abc import Callable, Iterable, Mapping

from infra.layout.site import Site
from infra.process.program import Server
from infra.servers.elastic import Elastic
from infra.servers.kafka import Kafka
from infra.servers.mailbox import Mailbox
from infra.servers.mongo import Mongo
from infra.servers.postgres import Postgres
from infra.servers.provider import Provider
from infra.servers.rabbit import Rabbit
from infra.servers.redis import Redis, RedisBaskets

SERVERS: Mapping[str, Callable[[Site], Server]] = {
    server.name: server for server in (Kafka, Postgres, Redis, RedisBaskets, Mongo, Mailbox, Provider, Rabbit, Elastic)
}


def servers(site: Site, names: Iterable[str] = tuple(SERVERS)) -> list[Server]:
    return [SERVERS[name](site) for name in names]
