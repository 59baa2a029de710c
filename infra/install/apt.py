"""Server programs of Debian and Ubuntu packages, installed without their services being started."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from infra.failure import CannotStart
from infra.install.cache import locked
from infra.process.shell import run

POLICY = Path("/usr/sbin/policy-rc.d")
OURS = "#!/bin/sh\n# lezzet: packages are being installed, their services are not to start\nexit 101\n"


async def provide(server: str, package: str, look: Callable[[], Path | None], looked: str, cache: Path) -> Path:
    """What `look` finds, after installing `package` if need be. `looked` says where, for the message of CannotStart."""
    found = look()
    if found is not None:
        return found
    advice = f"{server}: not found ({looked}), get it with: apt-get install {package}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotStart(f"{advice} (as root)" if shutil.which("apt-get") else advice)
    async with locked(cache / "apt.lock"):
        if look() is None:
            await _install(server, package)
    found = look()
    if found is None:
        raise CannotStart(advice)
    return found


async def _install(server: str, package: str) -> None:
    """Raises CannotStart."""
    _stand_in_the_way()
    try:
        if not _lists_are_there():
            await run(("apt-get", "-qq", "update"), what=server)
        await run(
            ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", package),
            what=server,
            environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    finally:
        _step_aside()


def _lists_are_there() -> bool:
    return any(Path("/var/lib/apt/lists").glob("*_Packages*"))


def _stand_in_the_way() -> None:
    """Somebody else's policy stays; ours that a kill left behind is taken over."""
    if not POLICY.exists():
        POLICY.write_text(OURS)
        POLICY.chmod(0o755)


def _step_aside() -> None:
    if POLICY.exists() and POLICY.read_text() == OURS:
        POLICY.unlink()
