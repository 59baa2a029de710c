"""A MongoDB that comes as a Python package: SecantusDB, a single-node replica set on WiredTiger files."""

import asyncio
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from infra.failure import CannotStart
from infra.install.cache import built
from infra.layout import versions
from infra.layout.site import Site
from infra.process.program import Program
from infra.process.shell import run

HERE = Path(__file__).resolve().parent.parent / "mongo"
PING = b"\x10ping\0" + struct.pack("<i", 1) + b"\x02$db\0" + struct.pack("<i", 6) + b"admin\0\0"  # BSON's inside
OP_MSG = 2013


class Mongo:
    name = "mongo"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.data.root / "mongo"

    async def install(self) -> None:
        self._venv = await built(self._site.cache, f"secantusdb-{versions.SECANTUS}", _environment, _has_its_packages)

    async def prepare(self) -> None:
        self._site.data.of(self.name)
        if (self._folder / "files").exists():
            return
        beside = self._folder / "unfinished"
        shutil.rmtree(beside, ignore_errors=True)
        await run(
            (self._venv / "bin" / "python", HERE / "format.py", beside),
            what="MongoDB",
            folder=self._folder,
            environment=self._environment(),
            given=self._site.data.password("mongo") + "\n",
        )
        beside.rename(self._folder / "files")

    def program(self) -> Program:
        port = self._site.ports["mongo"]
        return Program(
            name=self.name,
            argv=(
                str(self._venv / "bin" / "python"),
                *(str(HERE / "serve.py"), str(self._folder / "files"), str(port)),
                str(versions.MONGO_TRANSACTION_SECONDS),
            ),
            folder=self._folder,
            ports=(("mongo", port),),
            ready=self._ready,
            environment=self._environment(),
            required=self.required,
        )

    def _environment(self) -> dict[str, str]:
        """It looks for its settings in HOME; and our own packages are not its own."""
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return kept | {"HOME": str(self._folder)}

    async def _ready(self) -> bool:
        """Answers `ping`, which needs no password."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._site.ports["mongo"])
        try:
            document = struct.pack("<i", 4 + len(PING)) + PING
            body = struct.pack("<iB", 0, 0) + document
            writer.write(struct.pack("<iiii", 16 + len(body), 1, 0, OP_MSG) + body)
            _length, _id, answers_to, _kind = struct.unpack("<iiii", await reader.readexactly(16))
            return answers_to == 1
        finally:
            writer.close()


def _has_its_packages(folder: Path) -> bool:
    """Not any more where the Python that it was made with has been removed, or replaced by another version."""
    asked = "import importlib.util; raise SystemExit(importlib.util.find_spec('secantus') is None)"
    try:
        said = subprocess.run((folder / "bin" / "python", "-c", asked), stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        return False
    return said.returncode != 1


async def _environment(folder: Path) -> None:
    """Its own packages, so that they and the product's need not agree on versions."""
    uv = os.environ.get("LEZZET_UV") or shutil.which("uv")
    if not uv:
        raise CannotStart("MongoDB: uv not found (LEZZET_UV, PATH), get it with: pip install uv")
    # relocatable: it is built under another name
    await run((uv, "venv", "--quiet", "--clear", "--relocatable", "--python", sys.executable, folder), what="MongoDB")
    lock = HERE / "requirements.lock"
    await run(
        (uv, "pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin" / "python", lock), what="MongoDB"
    )
