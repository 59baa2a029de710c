"""PostgreSQL from the distribution's package, as an unprivileged process on loopback with password authentication."""

import os
import pwd
import shutil
import signal
from pathlib import Path

from infra.failure import CannotStart
from infra.install import apt
from infra.layout import versions
from infra.layout.site import Site
from infra.process.program import Account, Program
from infra.process.shell import run

PACKAGED = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a path in the data folder may be longer than a socket's name can be
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "logging_collector": "off",
}


class Postgres:
    name = "postgres"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.data.root / "postgres"
        self._cluster = self._folder / "cluster"

    async def install(self) -> None:
        version = self._version()
        package = f"postgresql-{version or versions.POSTGRES}"
        looked = f"no initdb in PGBIN, {PACKAGED}/{version or '*'}/bin and PATH"
        found = await apt.provide("PostgreSQL", package, lambda: initdb(version), looked, self._site.cache)
        self._bin = found.parent
        self._account = _account(self._site.data.root)

    def _version(self) -> str:
        """Of the cluster that is there; '' where there is none yet."""
        said = self._cluster / "PG_VERSION"
        return said.read_text().strip() if said.exists() else ""

    async def prepare(self) -> None:
        folder = self._site.data.of(self.name)
        if self._account:
            os.chown(folder, self._account.user, self._account.group)
        if not self._cluster.exists():
            await self._format(folder)
        self._remove_stale_lock()

    async def _format(self, folder: Path) -> None:
        """Role and database are made before it ever listens; the cluster gets its name when it is whole."""
        beside = folder / "unfinished"
        shutil.rmtree(beside, ignore_errors=True)
        password = self._password_file(folder)
        initdb = (self._program("initdb"), "-D", str(beside), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
        await self._run((*initdb, "--auth=scram-sha-256", f"--pwfile={password}"))
        password.unlink()
        single = (self._program("postgres"), "--single", "-D", str(beside), "postgres")
        made = (
            f"CREATE ROLE lezzet LOGIN PASSWORD '{self._site.data.password('postgres')}'\n"
            "CREATE DATABASE lezzet OWNER lezzet\n"
        )
        await self._run(single, made)
        beside.rename(self._cluster)

    def _remove_stale_lock(self) -> None:
        """After a crash or a restart of the machine the file names a process that is gone. PostgreSQL takes whoever of its user
        has that number today for itself, and an empty file for one that is being written: it would never start again."""
        lock = self._cluster / "postmaster.pid"
        if not lock.exists():
            return
        try:
            pid = int(lock.read_text().split("\n")[0])
            stale = not Path(f"/proc/{pid}/cwd").samefile(self._cluster)  # where the server works
        except (FileNotFoundError, ValueError):
            stale = True
        except PermissionError:
            stale = False  # another user's, which PostgreSQL knows to be none of its own
        if stale:
            lock.unlink()

    def _password_file(self, folder: Path) -> Path:
        """The superuser's, for initdb, which reads it as the other user."""
        path = folder / "initdb.password"
        path.touch(mode=0o600)
        path.write_text(self._site.data.password("postgres-superuser") + "\n")
        if self._account:
            os.chown(path, self._account.user, self._account.group)
        return path

    async def _run(self, argv: tuple[str, ...], given: str = "") -> None:
        environment = {**os.environ, "HOME": str(self._folder)}
        account = self._account
        await run(argv, what="PostgreSQL", folder=self._folder, environment=environment, given=given, account=account)

    def _program(self, name: str) -> str:
        return str(self._bin / name)

    def program(self) -> Program:
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        port = self._site.ports["postgres"]
        return Program(
            name=self.name,
            argv=(self._program("postgres"), "-D", str(self._cluster), "-p", str(port), *settings),
            folder=self._folder,
            ports=(("postgres", port),),
            ready=self._ready,
            environment={**os.environ, "HOME": str(self._folder)},
            account=self._account,
            stop_signal=signal.SIGINT,  # fast shutdown: it does not wait for its clients to leave
        )

    async def _ready(self) -> bool:
        asked = (self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._site.ports["postgres"]))
        try:
            await run(asked, what=self.name)
        except CannotStart:
            return False
        return True


def initdb(version: str = "") -> Path | None:
    """version: of a cluster, which no other one can read; '' for the newest."""
    named = [Path(os.environ["PGBIN"])] if os.environ.get("PGBIN") else []
    for folder in (*named, *_packaged(version)):
        if (folder / "initdb").exists():
            return folder / "initdb"
    found = shutil.which("initdb")
    return Path(found).resolve() if found else None


def _packaged(version: str) -> list[Path]:
    """Folders of programs, the newest first."""
    if version:
        return [PACKAGED / version / "bin"]
    numbered = [
        path for path in PACKAGED.glob("*/bin") if path.parent.name.isdecimal()
    ]  # older ones are 9.6 and the like
    return sorted(numbered, key=lambda path: int(path.parent.name), reverse=True)


def _account(data: Path) -> Account | None:
    """PostgreSQL refuses to be root: the package's own user, or nobody."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    passable = all(folder.stat().st_mode & 0o001 for folder in (data, *data.parents))
    return Account(user=user.pw_uid, group=user.pw_gid, reads_everything=not passable)
