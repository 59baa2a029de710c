"""Java and Maven: Kafka and Elasticsearch are run from the jars that their projects publish."""

import os
import shutil
from pathlib import Path

from infra.install import apt
from infra.process.shell import run


async def java(server: str, cache: Path, tool: str = "java") -> Path:
    """`java` or `javac`, 17 or newer. Raises CannotStart."""
    return await apt.provide(
        server, "default-jdk-headless", lambda: find(tool), f"no {tool} in JAVA_HOME, PATH and /usr/lib/jvm", cache
    )


def find(tool: str) -> Path | None:
    home = os.environ.get("JAVA_HOME")
    found = (home and shutil.which(tool, path=f"{home}/bin")) or shutil.which(tool)
    if found:
        return Path(found)
    return next(iter(sorted(Path("/usr/lib/jvm").glob(f"*/bin/{tool}"), reverse=True)), None)


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
