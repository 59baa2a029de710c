"""Java and Maven: Kafka and Elasticsearch are run from the jars that their projects publish."""

import os
import re
import shutil
from pathlib import Path

from infra.install import apt
from infra.process.shell import run

OLDEST = 17  # that Kafka and Elasticsearch run on
_SAID = re.compile(r'^JAVA_VERSION="(?:1\.)?(\d+)', re.MULTILINE)


async def java(server: str, cache: Path, tool: str = "java") -> Path:
    """`java` or `javac`, 17 or newer. Raises CannotStart."""
    return await apt.provide(
        server,
        "default-jdk-headless",
        lambda: find(tool),
        f"no {tool} of Java {OLDEST} or newer in JAVA_HOME, PATH and /usr/lib/jvm",
        cache,
    )


def find(tool: str) -> Path | None:
    """The first one that is new enough, as far as it says which it is."""
    home = os.environ.get("JAVA_HOME")
    named = [home and shutil.which(tool, path=f"{home}/bin"), shutil.which(tool)]
    packaged = sorted(Path("/usr/lib/jvm").glob(f"*/bin/{tool}"), reverse=True)
    return next((found for found in (*map(Path, filter(None, named)), *packaged) if _version(found) >= OLDEST), None)


def _version(program: Path) -> int:
    """11 of 11.0.21, 8 of 1.8.0_392; OLDEST where it does not say."""
    said = program.resolve().parent.parent / "release"
    found = _SAID.search(said.read_text()) if said.exists() else None
    return int(found[1]) if found else OLDEST


async def jars(server: str, pom: Path, into: Path, cache: Path, versions: dict[str, str]) -> None:
    """Downloads what `pom` names, with all it needs, into a folder. Raises CannotStart."""
    maven = await apt.provide("Maven", "maven", _maven, "no mvn in PATH", cache)
    # Java asks the user database where home is and not HOME: in a container there may be nothing of that name
    properties = [f"-D{name}={value}" for name, value in (*versions.items(), ("user.home", str(Path.home())))]
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={into}")
    await run((maven, "-q", "-B", "-f", pom, *properties, *goal), what=server)


def _maven() -> Path | None:
    found = shutil.which("mvn")
    return Path(found) if found else None
