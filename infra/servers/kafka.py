"""The real Apache Kafka, one KRaft node, from the jars of Maven Central."""

import asyncio
import struct
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from string import Template

from infra.install import java
from infra.install.cache import built
from infra.layout import versions
from infra.layout.site import Site
from infra.process.program import Program
from infra.process.shell import run
from infra.servers.classes import archived

HERE = Path(__file__).resolve().parent.parent / "kafka"
# The first-tier compiler starts twice as fast and is enough for one machine's load.
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)


def cluster_id() -> str:
    """A random id as Kafka writes it. One in 64 would begin with a dash, which its tool takes for an option."""
    while (drawn := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return drawn


class Kafka:
    name = "kafka"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.data.root / "kafka"
        self._settings = self._folder / "server.properties"
        self._classes: tuple[str, ...] = ()

    async def install(self) -> None:
        self._java = await java.java(self.name, self._site.cache)
        wanted = {"kafka.version": versions.KAFKA, "slf4j.version": versions.SLF4J}
        self._jars = await built(
            self._site.cache,
            f"kafka-{versions.KAFKA}",
            lambda folder: java.jars(self.name, HERE / "pom.xml", folder, self._site.cache, wanted),
        )
        self._classes = await archived(self._site.cache, self._java, self._jars, self._trial)

    async def _trial(self, site: Site) -> Program:
        tried = Kafka(site)
        tried._java, tried._jars = self._java, self._jars
        await tried.prepare()
        return tried.program()

    async def prepare(self) -> None:
        self._site.data.of(self.name)
        ports = self._site.ports
        text = Template((HERE / "server.properties").read_text()).substitute(
            port=ports["kafka"], controller=ports["kafka_controller"], logs=self._folder / "logs"
        )
        self._settings.write_text(text)
        if not (self._folder / "logs" / "meta.properties").exists():
            # --ignore-formatted: a format that was killed is finished
            tool = ("kafka.tools.StorageTool", "format", "-t", cluster_id(), "-c", self._settings, "--ignore-formatted")
            await run((*self._command(), *tool), what=self.name)

    def program(self) -> Program:
        return Program(
            name=self.name,
            argv=(*self._command(), "kafka.Kafka", str(self._settings)),
            folder=self._folder,
            ports=tuple((name, self._site.ports[name]) for name in ("kafka", "kafka_controller")),
            ready=self._ready,
        )

    def _command(self) -> tuple[str, ...]:
        return (str(self._java), *JVM, *self._classes, *LOGGING, "-cp", f"{self._jars}/*")

    async def _ready(self) -> bool:
        """A Metadata request (key 3, version 0, all topics) that names at least one broker."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._site.ports["kafka"])
        try:
            body = struct.pack(">hhih", 3, 0, 1, -1) + struct.pack(">i", 0)
            writer.write(struct.pack(">i", len(body)) + body)
            _length, _correlation, brokers = struct.unpack(">iii", await reader.readexactly(12))
            return brokers > 0
        finally:
            writer.close()
