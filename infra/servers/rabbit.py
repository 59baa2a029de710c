"""RabbitMQ from the distribution's package, outside of its service: own node, ports, cookie and data."""

import asyncio
import os
import struct
from pathlib import Path

from infra.install import apt
from infra.layout.site import Site
from infra.process.program import Program

SETTINGS = """\
listeners.tcp.1 = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
default_user = lezzet
default_pass = {password}
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 200MB
log.console = true
log.console.level = warning
log.file = false
"""
# Erlang's port mapper belongs to this node: started beside it, gone with it. `erl` would leave one behind as a daemon.
RUN = 'setpriv --pdeathsig=TERM epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" & exec "$0"'
# no busy waiting: a node of one machine is idle most of the time
ERLANG = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"


class Rabbit:
    name = "rabbit"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.data.root / "rabbit"

    async def install(self) -> None:
        looked = "no rabbitmq-server in RABBIT_BIN and /usr/lib/rabbitmq/lib/*/sbin"
        self._server = await apt.provide("RabbitMQ", "rabbitmq-server", _server, looked, self._site.cache)

    async def prepare(self) -> None:
        folder = self._site.data.of(self.name)
        settings = SETTINGS.format(
            port=self._site.ports["rabbit"],
            management=self._site.ports["rabbit_management"],
            password=self._site.data.password("rabbit"),
        )
        for name, text in (
            ("rabbitmq.conf", settings),
            ("enabled_plugins", "[rabbitmq_management].\n"),
            ("rabbitmq-env.conf", ""),
            (".erlang.cookie", self._site.data.password("rabbit-cookie")),
        ):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)

    def program(self) -> Program:
        names = ("rabbit", "rabbit_management", "rabbit_distribution", "rabbit_epmd")
        return Program(
            name=self.name,
            argv=("sh", "-c", RUN, str(self._server)),
            folder=self._folder,
            ports=tuple((name, self._site.ports[name]) for name in names),
            ready=self._ready,
            environment=self._environment(),
            patience=10.0,
        )

    def _environment(self) -> dict[str, str]:
        """Every place that its scripts would else look for below /etc, /var and HOME."""
        at = self._folder
        places = {
            "BASE": at,
            "MNESIA_BASE": at / "mnesia",
            "LOG_BASE": at / "log",
            "CONFIG_FILE": at / "rabbitmq.conf",
            "ADVANCED_CONFIG_FILE": at / "advanced.config",
            "CONF_ENV_FILE": at / "rabbitmq-env.conf",
            "ENABLED_PLUGINS_FILE": at / "enabled_plugins",
            "PID_FILE": at / "rabbit.pid",
            "GENERATED_CONFIG_DIR": at / "generated",
            "FEATURE_FLAGS_FILE": at / "feature_flags",
            "SCHEMA_DIR": at / "schema",
        }
        return {f"RABBITMQ_{name}": str(place) for name, place in places.items()} | {
            "HOME": str(at),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": "lezzet@localhost",
            "RABBITMQ_DIST_PORT": str(self._site.ports["rabbit_distribution"]),
            "ERL_EPMD_PORT": str(self._site.ports["rabbit_epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
            # the script becomes the node itself instead of waiting for it, so that signals reach the node
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    async def _ready(self) -> bool:
        """Greets as AMQP 0-9-1 does: connection.start (class 10, method 10) comes when logins are taken."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._site.ports["rabbit"])
        try:
            writer.write(b"AMQP\x00\x00\x09\x01")
            return struct.unpack(">BHIHH", await reader.readexactly(11))[3:] == (10, 10)
        finally:
            writer.close()


def _server() -> Path | None:
    """The release's own script: the one in /usr/sbin insists on its user and forgets the environment."""
    named = [Path(os.environ["RABBIT_BIN"])] if os.environ.get("RABBIT_BIN") else []
    packaged = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"), reverse=True)
    found = (folder / "rabbitmq-server" for folder in (*named, *packaged))
    return next((script for script in found if script.exists()), None)
