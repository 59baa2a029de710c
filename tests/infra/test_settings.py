"""An unusable or contradictory setting stops a process with one line that names the variable, and exit code 2."""

import os
import subprocess
import sys

import pytest

from infra.layout.folders import CHECKOUT
from stores.kafka.brokers import Brokers
from stores.settings import BadSetting, load

SASL = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": "secret",
}  # fmt: skip
WRONG = [
    ({"KAFKA_BROKERS": "kafka"}, "KAFKA_BROKERS"),
    ({"KAFKA_BROKERS": "a:1", "KAFKA_BOOTSTRAP_SERVERS": "b:1"}, "KAFKA_BOOTSTRAP_SERVERS"),
    ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL"),
    ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "KAFKA_SASL_USERNAME"),
    ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_USERNAME": "u"}, "KAFKA_SASL_PASSWORD"),
    ({**SASL, "KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM"),
    ({**SASL, "KAFKA_SSL_CAFILE": "/etc/hostname"}, "KAFKA_SSL_CAFILE"),
    ({"KAFKA_SASL_PASSWORD": "secret"}, "KAFKA_SASL_PASSWORD"),
    ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SASL_USERNAME": "u"}, "KAFKA_SASL_USERNAME"),
    ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": "/not/there"}, "KAFKA_SSL_CAFILE"),
    ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": "/etc/hostname"}, "KAFKA_SSL_CAFILE"),
    ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEYFILE": "/etc/hostname"}, "KAFKA_SSL_CERTFILE"),
    ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CERTFILE": "/etc/hostname"}, "KAFKA_SSL_CERTFILE"),
    ({"REDIS_URL": "http://localhost"}, "REDIS_URL"),
    ({"REDIS_URL": "redis://a:6379/0", "REDIS_HOST": "b"}, "REDIS_HOST"),
    ({"REDIS_PORT": "six"}, "REDIS_PORT"),
    ({"REDIS_DB": "first"}, "REDIS_DB"),
    ({"REDIS_URL": "redis://a:6379/first"}, "REDIS_URL"),
    ({"EDGE_PORT": "²"}, "EDGE_PORT"),
    ({"KAFKA_BROKERS": "a:²"}, "KAFKA_BROKERS"),
    ({"POSTGRES_URL": "mysql://localhost/x"}, "POSTGRES_URL"),
    ({"ELASTICSEARCH_URL": "elastic:9200"}, "ELASTICSEARCH_URL"),
    ({"ANALYTICS_DAYS": "0"}, "ANALYTICS_DAYS"),
    ({"ANALYTICS_DAYS": "a week"}, "ANALYTICS_DAYS"),
    ({"MONGO_URL": "mongo:27017/lezzet"}, "MONGO_URL"),
    ({"MONGO_URL": "mongodb://mongo:27017"}, "MONGO_URL"),
    ({"MONGO_URL": "mongodb://mongo:0/lezzet"}, "MONGO_URL"),
    ({"MONGO_URL": "mongodb://a:1,b:99999/lezzet"}, "MONGO_URL"),
    ({"MONGO_URL": "mongodb://a/../b"}, "MONGO_URL"),
    ({"REDIS_BASKETS_URL": "http://localhost"}, "REDIS_BASKETS_URL"),
    ({"REDIS_BASKETS_URL": "redis://a:6379/first"}, "REDIS_BASKETS_URL"),
    ({"REDIS_BASKETS_URL": "redis://:secret@a", "REDIS_URL": "redis://a:6379/0"}, "REDIS_BASKETS_URL"),
    ({"REDIS_BASKETS_URL": "redis://r/1", "REDIS_HOST": "r", "REDIS_DB": "1"}, "REDIS_BASKETS_URL"),
    ({"RABBITMQ_URL": "http://localhost"}, "RABBITMQ_URL"),
    ({"KITCHEN_ACCOUNTS": "none"}, "KITCHEN_ACCOUNTS"),
    ({"SMTP_URL": "localhost:25"}, "SMTP_URL"),
    ({"PROVIDER_URL": "localhost:8090"}, "PROVIDER_URL"),
    ({"PROVIDER_URL": "ftp://localhost"}, "PROVIDER_URL"),
    ({"PROVIDER_URL": "http://localhost:0"}, "PROVIDER_URL"),
    ({"CLIENT_ORIGIN": "localhost:3000"}, "CLIENT_ORIGIN"),
    ({"CORS_ORIGINS": "http://a/path"}, "CORS_ORIGINS"),
    ({"EDGE_PORT": "99999"}, "EDGE_PORT"),
    ({"EDGE_MOBILE_PORT": "99999"}, "EDGE_MOBILE_PORT"),
    ({"EDGE_HEALTH_PORT": "x"}, "EDGE_HEALTH_PORT"),
    ({"EDGE_CONNECTIONS": "many"}, "EDGE_CONNECTIONS"),
    ({"EDGE_CONNECTIONS_PER_ADDRESS": "0"}, "EDGE_CONNECTIONS_PER_ADDRESS"),
    ({"EDGE_TRUSTED_PROXIES": "10.0.0.0/8, 10.0.0.1/8"}, "EDGE_TRUSTED_PROXIES"),
    ({"EDGE_DRAIN_SECONDS": "-1"}, "EDGE_DRAIN_SECONDS"),
    ({"ORDER_ANSWER_SECONDS": "0"}, "ORDER_ANSWER_SECONDS"),
    ({"ORDER_PAYMENT_SECONDS": "soon"}, "ORDER_PAYMENT_SECONDS"),
    ({"ORDER_COMPLETION_SECONDS": "604801"}, "ORDER_COMPLETION_SECONDS"),
    ({"VIEW_BACK_SECONDS": "an hour"}, "VIEW_BACK_SECONDS"),
    ({"AGENTS_HEALTH_PORT": "x"}, "AGENTS_HEALTH_PORT"),
    ({"EMAIL_EVENT_TOKENS": "sometimes"}, "EMAIL_EVENT_TOKENS"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ({"LOG_DAYS": "0"}, "LOG_DAYS"),
    ({"LOGS_HEALTH_PORT": "65536"}, "LOGS_HEALTH_PORT"),
]


@pytest.mark.parametrize(("environment", "variable"), WRONG)
def test_the_variable_is_named(environment: dict[str, str], variable: str):
    with pytest.raises(BadSetting) as raised:
        load(environment)
    assert raised.value.variable == variable


@pytest.mark.parametrize("module", ["agents", "http_edge"])
def test_a_process_ends_with_one_line_and_code_2(module: str):
    ended = subprocess.run(
        (sys.executable, "-m", module),
        cwd=CHECKOUT,
        env={**os.environ, "REDIS_PORT": "six"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert ended.stderr == "configuration: REDIS_PORT: 'six' is not a port number (1-65535)\n"


@pytest.mark.parametrize("name", ["KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS"])
def test_both_names_of_the_broker_list_are_read(name: str):
    assert load({name: "a:9092, b:9093"}).kafka.addresses == ("a:9092", "b:9093")


def test_an_account_at_the_brokers_is_for_clients_and_for_nobody_to_read():
    kafka = load(SASL | {"KAFKA_BROKERS": "a:9092"}).kafka
    assert kafka.arguments() == {
        "bootstrap_servers": "a:9092", "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "u", "sasl_plain_password": "secret",
    }  # fmt: skip
    assert "secret" not in f"{kafka} {kafka!r}"
    encrypted = load(SASL | {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "PLAIN"}).kafka
    assert (encrypted.protocol, encrypted.arguments()["sasl_mechanism"]) == ("SASL_SSL", "PLAIN")
    assert encrypted.tls is not None and encrypted.tls.check_hostname


def test_redis_may_be_given_in_parts():
    parts = {"REDIS_HOST": "r", "REDIS_PORT": "6380", "REDIS_PASSWORD": "p@ss", "REDIS_DB": "2"}
    assert load(parts).redis == "redis://:p%40ss@r:6380/2"


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://mongo:27017/lezzet?replicaSet=lezzet",
        "mongodb://u:p%40ss@a:27017,b:27018,[::1]:27019/lezzet?authSource=admin",
        "mongodb+srv://cluster.example.org/lezzet",
        "mongodb://a/lezzet",
    ],
)
def test_the_replica_set_may_have_several_hosts(url: str):
    assert load({"MONGO_URL": url}).mongo == url


def test_baskets_may_be_in_another_database_of_the_server_of_the_views():
    both = {"REDIS_URL": "redis://a:6379/0", "REDIS_BASKETS_URL": "redis://a:6379/1"}
    assert load(both).redis_baskets == both["REDIS_BASKETS_URL"]


def test_what_is_set_to_nothing_is_not_set():
    names = (
        "MONGO_URL",
        "ELASTICSEARCH_URL",
        "ANALYTICS_DAYS",
        "PROVIDER_URL",
        "REDIS_BASKETS_URL",
        "EDGE_HOST",
        "EDGE_PORT",
        "KEYS_DIR",
        "CLIENT_ORIGIN",
        "KAFKA_BROKERS",
        "REDIS_URL",
        "LOG_LEVEL",
        "LOG_DAYS",
        "LOGS_HEALTH_PORT",
    )
    assert load(dict.fromkeys(names, "")) == load({})


def test_nothing_set_is_the_address_that_deployments_have():
    assert load({}).kafka == Brokers(("kafka:9092",))
