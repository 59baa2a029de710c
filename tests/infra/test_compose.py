"""docker-compose.yml starts the same servers as `./lezzet up`: versions, ports and Kafka's settings agree."""

from typing import Any

import pytest
import yaml

from infra.layout import versions
from infra.layout.folders import CHECKOUT
from infra.servers.kafka import HERE as KAFKA

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]

IMAGES = {
    "kafka": f"apache/kafka:{versions.KAFKA}",
    "postgres": f"postgres:{versions.POSTGRES}",
    "redis": f"redis:{versions.REDIS}",
    "redis-baskets": f"redis:{versions.REDIS}",
    "rabbit": f"rabbitmq:{versions.RABBIT}-management",
    "mongo": f"mongo:{versions.MONGO}",
    "elastic": f"elasticsearch:{versions.ELASTIC}",
}
PUBLISHED = {
    "edge": {"edge", "mobile"},
    "mailbox": {"smtp", "mail"},
    "provider": {"provider"},
    "kafka": {"kafka"},
    "postgres": {"postgres"},
    "redis": {"redis"},
    "redis-baskets": {"redis_baskets"},
    "rabbit": {"rabbit", "rabbit_management"},
    "mongo": {"mongo"},
    "elastic": {"elastic"},
}
# What of server.properties is about the place and not about behaviour.
OF_THE_PLACE = {
    "controller.quorum.voters",
    "listeners",
    "advertised.listeners",
    "log.dirs",
}


@pytest.mark.parametrize("server", IMAGES)
def test_an_image_has_the_version_of_the_native_start(server: str):
    assert SERVICES[server]["image"] == IMAGES[server]


@pytest.mark.parametrize("service", PUBLISHED)
def test_ports_are_the_default_ports_on_loopback_only(service: str):
    published = [port.split(":") for port in SERVICES[service]["ports"]]
    assert {host for host, _, _ in published} == {"127.0.0.1"}
    assert {int(port) for _, port, _ in published} == {versions.PORTS[name] for name in PUBLISHED[service]}


def test_nothing_else_is_published():
    assert {name for name, service in SERVICES.items() if "ports" in service} == set(PUBLISHED)


def test_kafka_has_the_settings_of_the_native_start():
    lines = (KAFKA / "server.properties").read_text().splitlines()
    native = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    container = SERVICES["kafka"]["environment"]
    differing = {
        name: (value, container.get(f"KAFKA_{name.replace('.', '_').upper()}"))
        for name, value in native.items()
        if name not in OF_THE_PLACE and container.get(f"KAFKA_{name.replace('.', '_').upper()}") != value
    }
    assert differing == {}


def test_a_stopped_process_holds_its_documents_as_long_as_in_the_native_start():
    assert f"transactionLifetimeLimitSeconds={versions.MONGO_TRANSACTION_SECONDS}" in SERVICES["mongo"]["command"]


def test_an_edge_has_no_private_key():
    assert SERVICES["edge"]["volumes"] == ["edge-keys:/var/lib/lezzet/edge-keys:ro"]
    assert SERVICES["edge"]["environment"]["KEYS_DIR"] == "/var/lib/lezzet/edge-keys"
    assert "--edge /var/lib/lezzet/edge-keys" in SERVICES["provision"]["command"]


def test_whatever_runs_on_is_checked_and_restarted():
    once = {"provision", "demo"}
    for name, service in SERVICES.items():
        assert ("healthcheck" in service) is (name not in once), name
        assert service.get("restart") == (None if name in once else "unless-stopped"), name


def test_named_volumes_are_declared():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])


def test_the_image_does_not_run_as_root():
    lines = (CHECKOUT / "Dockerfile").read_text().splitlines()
    final = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert [line for line in final if line.startswith("USER ")] == ["USER lezzet"]
