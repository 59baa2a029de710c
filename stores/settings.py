"""The one settings object: every environment variable that the product reads, checked at the start.

An unusable or contradictory value raises BadSetting, which a composition root turns into one line and exit code 2.
"""

import base64
import os
import re
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, urlsplit

from stores.kafka.brokers import MECHANISMS, PROTOCOLS, Account, Brokers

DEFAULT_KAFKA = "kafka:9092"
_OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:,/?@\[\]]+)(?::[0-9]{1,5})?"
_MONGO = re.compile(rf"mongodb(?:\+srv)?://(?:[^\s/@]+@)?(?P<hosts>{_HOST}(?:,{_HOST})*)/[\w-]{{1,63}}(?:\?\S*)?")
_PORT = re.compile(r":([0-9]+)(?:,|$)")


class BadSetting(ValueError):
    """`variable` names the environment variable, `why` what is wrong with its value."""

    def __init__(self, variable: str, why: str) -> None:
        super().__init__(f"{variable}: {why}")
        self.variable = variable
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Addresses, keys and switches. URLs carry their credentials: never log this object."""

    kafka: Brokers  # KAFKA_BROKERS or KAFKA_BOOTSTRAP_SERVERS, host:port; KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_*, KAFKA_SSL_*
    redis: str  # REDIS_URL, or REDIS_HOST REDIS_PORT REDIS_PASSWORD REDIS_DB
    redis_baskets: str  # REDIS_BASKETS_URL: the baskets' own server or database, never that of REDIS_URL
    postgres: str  # POSTGRES_URL
    mongo: str  # MONGO_URL, mongodb://[user:password@]host:port[,host:port…]/database[?options], a replica set
    rabbit: str  # RABBITMQ_URL, amqp://[user:password@]host[:port][/vhost], or amqps://
    kitchen_accounts: str  # KITCHEN_ACCOUNTS, shared or own: whether each kitchen has an account of its own in RabbitMQ
    elastic: str  # ELASTICSEARCH_URL, http[s]://[user:password@]host:port
    analytics_days: int  # ANALYTICS_DAYS: so many days back order facts are kept in Elasticsearch
    smtp: str  # SMTP_URL, smtp://[user:password@]host:port
    provider: str  # PROVIDER_URL, http(s)://host[:port][/path]: of payments
    keys: Path  # KEYS_DIR: files that `./lezzet up` makes, see stores/keyring.py
    client_origin: str  # CLIENT_ORIGIN: where mail links lead
    cors_origins: tuple[str, ...]  # CORS_ORIGINS
    edge_host: str  # EDGE_HOST
    edge_port: int  # EDGE_PORT: of the web gateway
    edge_mobile_port: int  # EDGE_MOBILE_PORT: of the mobile gateway
    edge_origin: str  # EDGE_ORIGIN: where clients reach the edge; addresses of photos begin with it
    edge_health_port: int | None  # EDGE_HEALTH_PORT: on 127.0.0.1, of one edge process alone; 0: none
    edge_connections: int  # EDGE_CONNECTIONS: of one edge process
    edge_connections_of_address: int  # EDGE_CONNECTIONS_PER_ADDRESS
    edge_trusted_proxies: tuple[IPv4Network | IPv6Network, ...]  # EDGE_TRUSTED_PROXIES: not bounded by address
    edge_drain_seconds: int  # EDGE_DRAIN_SECONDS: from "not ready" until an edge that ends lets nobody in any more
    agents_health_port: int  # AGENTS_HEALTH_PORT, 0: any free port
    order_answer_seconds: int  # ORDER_ANSWER_SECONDS: that a restaurant has to accept an order
    order_payment_seconds: int  # ORDER_PAYMENT_SECONDS: until an order whose payment nobody confirms is given up
    order_completion_seconds: int  # ORDER_COMPLETION_SECONDS: until an order that is to be ready counts as delivered
    view_back_seconds: int  # VIEW_BACK_SECONDS: that the generation of a view before a switch is kept; 0: not at all
    plain_tokens: bool  # EMAIL_EVENT_TOKENS=plain
    log_level: str  # LOG_LEVEL
    log_days: int  # LOG_DAYS: so many days back log lines are kept in Elasticsearch
    logs_health_port: int  # LOGS_HEALTH_PORT: of the log agent, on 127.0.0.1, 0: any free port
    console_port: int  # CONSOLE_PORT: of the engineers' console, on 127.0.0.1
    supervisor: Path | None  # SUPERVISOR_SOCKET: where `./lezzet up` says which processes run
    otlp: str | None  # OTEL_EXPORTER_OTLP_ENDPOINT, http[s]://host[:port][/path]: of a collector of spans


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of this process. Raises BadSetting."""
    redis = _redis(environment)
    return Settings(
        kafka=Brokers(_kafka(environment), *_kafka_security(environment)),
        redis=redis,
        redis_baskets=_redis_baskets(environment, redis),
        postgres=_url(
            environment, "POSTGRES_URL", "postgresql://lezzet@localhost:5432/lezzet", ("postgresql", "postgres")
        ),
        mongo=_mongo(environment),
        rabbit=_url(environment, "RABBITMQ_URL", "amqp://guest:guest@localhost:5672/", ("amqp", "amqps")),
        kitchen_accounts=_choice(environment, "KITCHEN_ACCOUNTS", ("shared", "own")),
        elastic=_url(environment, "ELASTICSEARCH_URL", "http://localhost:9200", ("http", "https")),
        analytics_days=_count(environment, "ANALYTICS_DAYS", 90, 1, 3_650),
        smtp=_url(environment, "SMTP_URL", "smtp://localhost:25", ("smtp", "smtps")),
        provider=_url(environment, "PROVIDER_URL", "http://localhost:8090", ("http", "https")),
        keys=Path(environment.get("KEYS_DIR") or ".lezzet/keys"),
        client_origin=_origin("CLIENT_ORIGIN", environment.get("CLIENT_ORIGIN") or "http://localhost:3000"),
        cors_origins=tuple(
            _origin("CORS_ORIGINS", part.strip())
            for part in environment.get("CORS_ORIGINS", "http://localhost:3000").split(",")
            if part.strip()
        ),
        edge_host=environment.get("EDGE_HOST") or "127.0.0.1",  # an empty one would be every address
        edge_port=_port(environment, "EDGE_PORT", 8080),
        edge_mobile_port=_port(environment, "EDGE_MOBILE_PORT", 8081),
        edge_origin=_origin(
            "EDGE_ORIGIN", environment.get("EDGE_ORIGIN") or f"http://localhost:{_port(environment, 'EDGE_PORT', 8080)}"
        ),
        edge_health_port=_port(environment, "EDGE_HEALTH_PORT", 0) or None,
        edge_connections=_count(environment, "EDGE_CONNECTIONS", 8_000, 10, 1_000_000),
        edge_connections_of_address=_count(environment, "EDGE_CONNECTIONS_PER_ADDRESS", 500, 1, 1_000_000),
        edge_trusted_proxies=_networks(environment, "EDGE_TRUSTED_PROXIES"),
        edge_drain_seconds=_count(environment, "EDGE_DRAIN_SECONDS", 0, 0, 300),
        agents_health_port=_port(environment, "AGENTS_HEALTH_PORT", 0),
        order_answer_seconds=_count(environment, "ORDER_ANSWER_SECONDS", 300, 1, 24 * 3600),
        order_payment_seconds=_count(environment, "ORDER_PAYMENT_SECONDS", 900, 1, 24 * 3600),
        order_completion_seconds=_count(environment, "ORDER_COMPLETION_SECONDS", 3 * 3600, 1, 7 * 24 * 3600),
        view_back_seconds=_count(environment, "VIEW_BACK_SECONDS", 3600, 0, 7 * 24 * 3600),
        plain_tokens=_choice(environment, "EMAIL_EVENT_TOKENS", ("hashed", "plain")) == "plain",
        log_level=_choice(environment, "LOG_LEVEL", ("info", "debug", "warning", "error")),
        log_days=_count(environment, "LOG_DAYS", 14, 1, 3_650),
        logs_health_port=_port(environment, "LOGS_HEALTH_PORT", 0),
        console_port=_port(environment, "CONSOLE_PORT", 18131),
        supervisor=Path(said) if (said := environment.get("SUPERVISOR_SOCKET")) else None,
        otlp=_url(environment, _OTLP, "", ("http", "https")) if environment.get(_OTLP) else None,
    )


def load_or_exit(environment: Mapping[str, str] = os.environ) -> Settings:
    """For composition roots: one line on stderr and exit code 2 where a value is unusable."""
    try:
        return load(environment)
    except BadSetting as error:
        exit_with(error)


def exit_with(error: BadSetting) -> NoReturn:
    sys.stderr.write(f"configuration: {error}\n")
    raise SystemExit(2)


def _kafka(environment: Mapping[str, str]) -> tuple[str, ...]:
    named = {name: environment[name] for name in ("KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS") if environment.get(name)}
    lists = {name: tuple(part.strip() for part in value.split(",")) for name, value in named.items()}
    for name, brokers in lists.items():
        for broker in brokers:
            host, _, port = broker.rpartition(":")
            if not host or not _is_number(port) or not 0 < int(port) < 65536:
                raise BadSetting(name, f"{broker!r} is not host:port")
    if len({frozenset(brokers) for brokers in lists.values()}) > 1:
        raise BadSetting("KAFKA_BOOTSTRAP_SERVERS", "contradicts KAFKA_BROKERS, set one of them or both alike")
    return next(iter(lists.values()), (DEFAULT_KAFKA,))


def _kafka_security(environment: Mapping[str, str]) -> tuple[ssl.SSLContext | None, Account | None]:
    """A variable that says nothing with this protocol is refused: whoever has set it means another protocol."""
    protocol = _choice(environment, "KAFKA_SECURITY_PROTOCOL", PROTOCOLS)
    return _kafka_tls(environment, protocol), _kafka_account(environment, protocol)


def _kafka_account(environment: Mapping[str, str], protocol: str) -> Account | None:
    mechanism = _choice(environment, "KAFKA_SASL_MECHANISM", MECHANISMS)
    if not protocol.startswith("SASL"):
        _means_nothing(environment, protocol, "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD")
        return None
    for name in ("KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"):
        if not environment.get(name):
            raise BadSetting(name, f"is missing, and KAFKA_SECURITY_PROTOCOL is {protocol}")
    return Account(mechanism, environment["KAFKA_SASL_USERNAME"], environment["KAFKA_SASL_PASSWORD"])


def _kafka_tls(environment: Mapping[str, str], protocol: str) -> ssl.SSLContext | None:
    """Brokers are checked against KAFKA_SSL_CAFILE, or what this machine trusts, and by their names."""
    names = "KAFKA_SSL_CAFILE", "KAFKA_SSL_CERTFILE", "KAFKA_SSL_KEYFILE"
    if not protocol.endswith("SSL"):
        _means_nothing(environment, protocol, *names)
        return None
    authority, certificate, key = (environment.get(name) or None for name in names)
    if key and not certificate:
        raise BadSetting("KAFKA_SSL_CERTFILE", "is missing, and KAFKA_SSL_KEYFILE is set")
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ValueError) as error:
        raise BadSetting("KAFKA_SSL_CAFILE", f"{authority} has no certificates ({_why(error)})") from None
    if certificate:
        try:
            # the empty passphrase makes an encrypted key an error: without one, OpenSSL asks at the terminal
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ValueError) as error:
            raise BadSetting(
                "KAFKA_SSL_CERTFILE", f"{certificate} is no certificate with its key ({_why(error)})"
            ) from None
    return context


def _why(error: Exception) -> str:
    """Without the content of a file."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _means_nothing(environment: Mapping[str, str], protocol: str, *names: str) -> None:
    for name in names:
        if environment.get(name):
            raise BadSetting(name, f"is set, and KAFKA_SECURITY_PROTOCOL is {protocol}")


def _redis(environment: Mapping[str, str]) -> str:
    parts = {name: environment[name] for name in ("REDIS_HOST", "REDIS_PORT", "REDIS_DB") if environment.get(name)}
    password = environment.get("REDIS_PASSWORD", "")
    host, port, db = parts.get("REDIS_HOST", "localhost"), parts.get("REDIS_PORT", "6379"), parts.get("REDIS_DB", "0")
    if not _is_number(port) or not 0 < int(port) < 65536:
        raise BadSetting("REDIS_PORT", f"{port!r} is not a port number (1-65535)")
    if not _is_number(db):
        raise BadSetting("REDIS_DB", f"{db!r} is not a database number")
    if not environment.get("REDIS_URL"):
        secret = f":{quote(password, safe='')}@" if password else ""
        return f"redis://{secret}{host}:{port}/{db}"
    url = _redis_url(environment, "REDIS_URL", "")
    meant: dict[str, str] = dict(zip(("REDIS_HOST", "REDIS_PORT", "REDIS_DB"), _redis_place(url), strict=True))
    for name, value in parts.items():
        if meant[name] != value:
            raise BadSetting(name, "contradicts REDIS_URL, set one of them or both alike")
    return url


def _redis_baskets(environment: Mapping[str, str], views: str) -> str:
    name = "REDIS_BASKETS_URL"
    url = _redis_url(environment, name, "redis://localhost:6380/0")
    if _redis_place(url) == _redis_place(views):
        raise BadSetting(name, "is the database of the views (REDIS_URL), which may be emptied at any time")
    return url


def _redis_url(environment: Mapping[str, str], name: str, default: str) -> str:
    url = _url(environment, name, default, ("redis", "rediss"))
    if not _is_number(urlsplit(url).path.strip("/") or "0"):  # the driver would take database 0 in silence
        raise BadSetting(name, "its path is not a database number")
    return url


def _redis_place(url: str) -> tuple[str, str, str]:
    """(host, port, number of the database)."""
    said = urlsplit(url)
    return said.hostname or "", str(said.port or 6379), said.path.strip("/") or "0"


def _mongo(environment: Mapping[str, str]) -> str:
    name, value = "MONGO_URL", environment.get("MONGO_URL") or "mongodb://localhost:27017/lezzet"
    said = _MONGO.fullmatch(value)
    if said is None or not all(0 < int(port) < 65536 for port in _PORT.findall(said["hosts"])):
        raise BadSetting(name, "is not a URL of the form mongodb://host:port/database")
    return value


def _url(environment: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]) -> str:
    value = environment.get(name) or default
    try:
        said = urlsplit(value)
        usable = said.scheme in schemes and bool(said.hostname) and (said.port is None or said.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting(name, f"is not a URL of the form {schemes[0]}://host:port")
    return value


def _origin(name: str, value: str) -> str:
    said = urlsplit(value)
    if said.scheme not in ("http", "https") or not said.netloc or said.path.strip("/"):
        raise BadSetting(name, f"{value!r} is not an origin of the form https://host[:port]")
    return value.rstrip("/")


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not _is_number(value) or int(value) > 65535:
        raise BadSetting(name, f"{value!r} is not a port number (0-65535)")
    return int(value)


def _count(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environment.get(name) or str(default)
    if not _is_number(value) or not least <= int(value) <= most:
        raise BadSetting(name, f"{value!r} is no number from {least} to {most}")
    return int(value)


def _networks(environment: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    said = [part.strip() for part in environment.get(name, "").split(",") if part.strip()]
    try:
        return tuple(ip_network(each) for each in said)
    except ValueError as error:
        raise BadSetting(name, f"holds what is no address and no network ({error})") from None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()  # isdigit() alone takes "²", which int() does not


def _choice(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = environment.get(name) or choices[0]
    if value not in choices:
        raise BadSetting(name, f"{value!r} is none of {', '.join(choices)}")
    return value


def key_bytes(path: Path, length: int) -> bytes:
    """A base64 key file of the keys folder. Raises BadSetting naming KEYS_DIR."""
    try:
        value = base64.b64decode(path.read_text().strip(), validate=True)
    except FileNotFoundError:
        raise BadSetting(
            "KEYS_DIR", f"{path.name} is missing there, `./lezzet up` or `python -m agents.keys` makes it"
        ) from None
    except (OSError, ValueError) as error:
        raise BadSetting("KEYS_DIR", f"{path.name} is not readable base64 ({type(error).__name__})") from None
    if len(value) != length:
        raise BadSetting("KEYS_DIR", f"{path.name} holds {len(value)} bytes, {length} are needed")
    return value
