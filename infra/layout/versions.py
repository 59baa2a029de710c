"""Versions and default ports of the servers: the native start, docker-compose.yml and its test read them here."""

from collections.abc import Mapping

KAFKA = "4.1.0"
SLF4J = "1.7.36"
POSTGRES = "15"
REDIS = "7"
RABBIT = "3.10"
MONGO = "8.2"  # what the native stand-in below says it is
MONGO_TRANSACTION_SECONDS = 10
"""After which MongoDB ends a transaction that stands still: so long may a process that is stopped hold a partition."""

SECANTUS = (
    "0.7.0b3"  # the native server that speaks MongoDB's protocol, a pre-release: pip takes it only by exact version
)
ELASTIC = "8.19.21"

PORTS: Mapping[str, int] = {
    "edge": 8080,
    "mobile": 8081,
    "kafka": 19092,
    "kafka_controller": 19093,
    "postgres": 25432,
    "redis": 26379,
    "redis_baskets": 26380,
    "rabbit": 25672,
    "rabbit_management": 25673,
    "rabbit_distribution": 25674,
    "rabbit_epmd": 25675,
    "mongo": 27317,
    "elastic": 29200,
    "elastic_transport": 29300,
    "smtp": 21025,
    "mail": 21080,
    "provider": 21090,
    "agents_health": 18081,  # agents-1; agents-2 has the next one, and so on
    "edge_health": 18101,  # edge-1, and so on: the edges share their other port
    "logs_health": 18121,
    "console": 18131,
}

AGENTS_AT_MOST = EDGES_AT_MOST = 16
BLOCKS: Mapping[str, int] = {"agents_health": AGENTS_AT_MOST, "edge_health": EDGES_AT_MOST}
"""How many ports are kept free from one on, where that is not one."""
