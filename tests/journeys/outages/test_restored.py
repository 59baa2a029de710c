"""A domain's database is restored from a backup that is older than Kafka (docs/operations.md#backups)."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.servers.postgres import initdb
from tests.deadline import until
from tests.journeys.client import Client
from tests.journeys.conftest import Product


async def _postgres(program: str, *arguments: str) -> None:
    found = initdb()
    assert found is not None
    argv = (str(found.parent / program), *arguments)
    done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr


async def _titles(client: Client) -> list[str]:
    return sorted(each["title"] for each in await client.must("GET", "/addresses/"))


async def _versions(product: Product, user: str) -> Mapping[str, set[str]]:
    """Version → ids of the events of the user's book."""
    lines = await product.lezzet("tail", "address_events", "--from", "beginning", "--json")
    found: dict[str, set[str]] = {}
    for each in map(json.loads, lines.splitlines()):
        if each["key"] == user:
            found.setdefault(each["version"], set()).add(each["id"])
    return found


async def test_a_database_that_is_older_than_kafka_catches_up_by_itself(
    product: Product, client: Client, tmp_path: Path
) -> None:
    user = await client.sign_up()
    await client.add_address(title="before")
    database, backup = product.endpoints["postgres"], str(tmp_path / "backup")
    await _postgres("pg_dump", "-Fc", "-n", "address", "-d", database, "-f", backup)
    for title in ("after", "later"):
        await client.add_address(title=title)
    await product.lezzet("server", "stop", "agents-1")
    await _postgres("pg_restore", "--clean", "--if-exists", "-d", database, backup)
    await product.lezzet("server", "start", "agents-1")

    async def written() -> bool:
        body = {"title": "new", "address": "Moda Caddesi 12", "city": "İstanbul", "district": "Kadıköy"}
        return (await client.call("POST", "/addresses/", body))[0] == 201

    await until("the book takes an address again", written)
    assert await _titles(client) == ["after", "before", "later", "new"], "in the view, and each once"
    versions = await _versions(product, user)
    assert sorted(versions) == ["1", "2", "3", "4"] and all(len(ids) == 1 for ids in versions.values())
