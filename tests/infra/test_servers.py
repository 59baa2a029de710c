"""The servers as they are for the tests and for a stack: they ask for passwords and keep what they confirmed."""

import asyncio
import signal
import sys
import uuid
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError

from infra.failure import CannotStart
from infra.install import apt, java
from infra.layout import versions
from infra.layout.folders import DataFolder
from infra.layout.site import Site
from infra.process.program import Program
from infra.process.shell import run
from infra.process.spawn import wrapped
from infra.servers import kafka, mongo, postgres
from infra.servers.classes import archived
from infra.servers.registry import servers as servers_named
from infra.stack.stack import Stack
from infra.supervision.child import State


async def test_redis_asks_for_its_password_and_keeps_what_it_confirmed_through_a_kill(servers: Stack):
    open_door = redis.asyncio.Redis(port=servers.site.ports["redis"], retry=Retry(NoBackoff(), 0))
    with pytest.raises(AuthenticationError):
        await open_door.ping()
    await open_door.aclose()
    async with redis.asyncio.Redis.from_url(servers.endpoints.redis) as client:
        await client.set("infra:kept", "yes")
    await servers.stop("redis", signal.SIGKILL)
    await servers.start("redis")
    async with redis.asyncio.Redis.from_url(servers.endpoints.redis) as client:
        assert await client.getdel("infra:kept") == b"yes"


async def test_postgres_asks_for_its_password_and_keeps_what_it_confirmed_through_a_kill(servers: Stack):
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(servers.endpoints.postgres.replace(servers.site.data.password("postgres"), "guess"))
    connection = await asyncpg.connect(servers.endpoints.postgres)
    assert await connection.fetchval("show fsync") == "on"
    await connection.execute("create table infra_kept as select 1 as one")
    await connection.close()
    await servers.stop("postgres", signal.SIGKILL)
    await servers.start("postgres")
    connection = await asyncpg.connect(servers.endpoints.postgres)
    assert await connection.fetchval("select one from infra_kept") == 1
    await connection.execute("drop table infra_kept")
    await connection.close()


@pytest.mark.parametrize("left", ["{pid}\n{rest}", ""])
async def test_postgres_starts_though_its_old_number_is_somebody_elses_now(tmp_path: Path, left: str):
    async with Stack(tmp_path, ("postgres",)) as stack:
        await stack.stop("postgres", signal.SIGKILL)
        account = stack.child("postgres").program.account
    somebody = await asyncio.create_subprocess_exec(*wrapped(("sleep", "600"), account))
    try:
        lock = tmp_path / "postgres" / "cluster" / "postmaster.pid"
        _, rest = lock.read_text().split("\n", 1)
        lock.write_text(left.format(pid=somebody.pid, rest=rest))
        async with Stack(tmp_path, ("postgres",), free_ports=False) as again:
            assert again.child("postgres").state is State.RUNNING
    finally:
        somebody.kill()
        await somebody.wait()


def test_a_cluster_is_run_by_the_version_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres, "PACKAGED", tmp_path)
    monkeypatch.delenv("PGBIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert postgres.initdb() == tmp_path / "17" / "bin" / "initdb"
    assert postgres.initdb("15") == tmp_path / "15" / "bin" / "initdb"
    assert postgres.initdb("16") is None


async def test_what_can_run_an_older_cluster_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres, "PACKAGED", tmp_path)
    site = Site.make(DataFolder(tmp_path / "data"), free=True)
    (site.data.of("postgres") / "cluster").mkdir()
    (site.data.root / "postgres" / "cluster" / "PG_VERSION").write_text("14\n")
    monkeypatch.setattr(apt.os, "geteuid", lambda: 1000)  # root would get the package
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotStart, match=r"no initdb in PGBIN, .*/14/bin and PATH.*apt-get install postgresql-14"):
        await postgres.Postgres(site).install()


UV = """#!/bin/sh
test "$1" = pip && exit
for folder; do :; done
mkdir -p "$folder/bin" && ln -s {python} "$folder/bin/python"
"""


@pytest.mark.parametrize("left", ["removed", "replaced"])
async def test_the_packages_of_mongo_are_got_again_for_another_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
):
    monkeypatch.setenv("LEZZET_CACHE", str(tmp_path))
    uv = tmp_path / "uv"
    uv.write_text(UV.format(python=sys.executable))
    uv.chmod(0o755)
    monkeypatch.setenv("LEZZET_UV", str(uv))
    before = tmp_path / f"secantusdb-{versions.SECANTUS}"
    (before / "bin").mkdir(parents=True)
    (before / "of before").touch()
    (before / "bin" / "python").symlink_to(sys.executable if left == "replaced" else tmp_path / "removed")
    await mongo.Mongo(Site.make(DataFolder(tmp_path / "data"), free=True)).install()
    assert not (before / "of before").exists()
    assert (before / "bin" / "python").exists()


async def test_what_is_in_the_cache_and_works_is_not_made_again(servers: Stack):
    made = servers.site.cache / f"secantusdb-{versions.SECANTUS}"
    before = made.stat().st_ino
    await mongo.Mongo(servers.site).install()
    assert made.stat().st_ino == before


async def test_rabbit_starts_after_a_start_that_was_killed_while_it_wrote_its_cookie(tmp_path: Path):
    data = DataFolder(tmp_path)
    data.make()
    (data.of("rabbit") / ".erlang.cookie").touch(mode=0o600)
    async with Stack(tmp_path, ("rabbit",)) as stack:
        assert stack.child("rabbit").state is State.RUNNING


async def test_the_role_of_the_product_is_not_a_superuser(servers: Stack):
    connection = await asyncpg.connect(servers.endpoints.postgres)
    assert await connection.fetchval("select rolsuper from pg_roles where rolname = current_user") is False
    await connection.close()


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder, said in (("named", "1.8.0_392"), ("old", "11.0.21"), ("new", "21.0.1"), ("silent", None)):
        program = tmp_path / folder / "bin" / "java"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        if said is not None:
            (tmp_path / folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{said}"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "named"))
    for on_path in ("new", "silent"):
        monkeypatch.setenv("PATH", str(tmp_path / on_path / "bin"))
        assert java.find("java") == tmp_path / on_path / "bin" / "java"
    monkeypatch.setenv("PATH", str(tmp_path / "old" / "bin"))
    assert java.find("java") not in (tmp_path / "named" / "bin" / "java", tmp_path / "old" / "bin" / "java")


@pytest.mark.parametrize("name", ["kafka", "elastic"])
async def test_a_java_server_finds_its_classes_in_an_archive(servers: Stack, name: str):
    (server,) = servers_named(servers.site, (name,))
    await server.install()
    java, *options = server.program().argv
    assert [each for each in options if each.startswith("-XX:SharedArchiveFile=")]
    # on: it does not start where it cannot use the archive
    await run((java, "-Xshare:on", *options[: options.index("-cp") + 2], "-version"), what=name)


async def test_a_java_server_whose_archive_cannot_be_made_starts_without_and_it_is_not_tried_again(tmp_path: Path):
    tries = list[Site]()

    async def trial(site: Site) -> Program:
        tries.append(site)
        raise CannotStart("no room")

    for _ in range(2):
        assert await archived(tmp_path, Path(sys.executable), tmp_path / "server-1", trial) == ()
    assert len(tries) == 1 and not tries[0].data.root.exists()


def test_a_cluster_id_is_no_option_of_kafkas_tool(monkeypatch: pytest.MonkeyPatch):
    drawn = iter([uuid.UUID(bytes=b"\xf8" * 16), uuid.UUID(bytes=b"\xfa" + bytes(15)), uuid.UUID(bytes=bytes(16))])
    monkeypatch.setattr("infra.servers.kafka.uuid.uuid4", lambda: next(drawn))
    assert kafka.cluster_id() == "A" * 22
