"""The real Elasticsearch, one node, from the jars that Elastic publishes, with our starter beside them."""

import hashlib
import shutil
import zipfile
from pathlib import Path

from infra.install import java
from infra.install.cache import built
from infra.layout import versions
from infra.layout.site import Site
from infra.process.answers import answers
from infra.process.program import Program
from infra.process.shell import run
from infra.servers.classes import archived

HERE = Path(__file__).resolve().parent.parent / "elastic"
JVM = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
OUR_MODULE = """\
description=what the published jars lack
version=1
name=local-rest
java.version=17
elasticsearch.version={version}
classname=lezzet.LocalRestPlugin
"""


class Elastic:
    name = "elastic"
    required = False

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.data.root / "elastic"
        self._classes: tuple[str, ...] = ()

    async def install(self) -> None:
        self._java = await java.java("Elasticsearch", self._site.cache)
        ours = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(HERE.iterdir()))).hexdigest()[:12]
        self._code = await built(self._site.cache, f"elastic-{versions.ELASTIC}-{ours}", self._build)
        self._classes = await archived(self._site.cache, self._java, self._code, self._trial)

    async def _trial(self, site: Site) -> Program:
        tried = Elastic(site)
        tried._java, tried._code = self._java, self._code
        await tried.prepare()
        return tried.program()

    async def _build(self, folder: Path) -> None:
        javac = await java.java("Elasticsearch", self._site.cache, "javac")
        lib, classes = folder / "lib", folder / "classes"
        await java.jars("Elasticsearch", HERE / "pom.xml", lib, self._site.cache, {"elastic.version": versions.ELASTIC})
        _move_transport(lib, folder / "modules" / "transport-netty4")
        sources = sorted(HERE.glob("*.java"))
        await run((javac, "-proc:none", "-nowarn", "-cp", f"{lib}/*", "-d", classes, *sources), what="Elasticsearch")
        _pack_ours(classes, lib, folder / "modules" / "local-rest")

    async def prepare(self) -> None:
        folder = self._site.data.of(self.name)
        for name in ("config", "data", "logs", "tmp"):
            (folder / name).mkdir(exist_ok=True)
        shutil.copy(HERE / "log4j2.properties", folder / "config")
        (folder / "config" / "elasticsearch.yml").touch()

    def program(self) -> Program:
        names = ("elastic", "elastic_transport")
        ports = tuple((name, self._site.ports[name]) for name in names)
        places = (f"-Djava.io.tmpdir={self._folder / 'tmp'}", f"-Des.path.home={self._code}")
        said = (str(self._code), str(self._folder), *(str(port) for _, port in ports))
        return Program(
            name=self.name,
            argv=(str(self._java), *JVM, *self._classes, *places, "-cp", f"{self._code}/lib/*", "EsNode", *said),
            folder=self._folder,
            ports=ports,
            ready=self._ready,
            required=self.required,
            patience=8.0,
        )

    async def _ready(self) -> bool:
        health = f"{self._site.endpoints.elastic}/_cluster/health?wait_for_status=yellow&timeout=1s"
        return await answers(health)


def _move_transport(lib: Path, module: Path) -> None:
    """The transport is loaded as a module with its descriptor, which lies inside its jar."""
    module.mkdir(parents=True)
    for jar in (*lib.glob("netty-*.jar"), *lib.glob("transport-netty4-*.jar")):
        jar.rename(module / jar.name)
    with zipfile.ZipFile(next(module.glob("transport-netty4-*.jar"))) as packed:
        name = next(name for name in packed.namelist() if name.endswith("/plugin-descriptor.properties"))
        lines = packed.read(name).decode().splitlines()
    # It names a Java module; loaded from the class path it is none.
    kept = [line for line in lines if not line.startswith("modulename=")]
    (module / "plugin-descriptor.properties").write_text("\n".join(kept) + "\n")


def _pack_ours(classes: Path, lib: Path, module: Path) -> None:
    module.mkdir()
    (module / "plugin-descriptor.properties").write_text(OUR_MODULE.format(version=versions.ELASTIC))
    compiled = sorted(classes.rglob("*.class"))
    for jar, package in ((module / "local-rest.jar", "lezzet"), (lib / "esnode.jar", "")):
        with zipfile.ZipFile(jar, "w") as packed:
            for path in compiled:
                if path.parent == classes / package:
                    packed.write(path, path.relative_to(classes))
    shutil.rmtree(classes)
