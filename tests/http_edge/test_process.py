"""`python -m http_edge` as a deployment starts and stops it, with servers that are not there."""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp
import pytest

from stores.keyring import make_keys
from tests.deadline import BUSY, SECONDS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(keys: Path, **more: str) -> dict[str, str]:
    nowhere = f"127.0.0.1:{free_port()}"
    known = {"PATH": os.environ["PATH"], "KAFKA_BROKERS": nowhere, "REDIS_URL": f"redis://{nowhere}/0"}
    return known | {"KEYS_DIR": str(keys), "LOG_LEVEL": "info", "EDGE_MOBILE_PORT": str(free_port()), **more}


async def start(variables: dict[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "http_edge", env=variables, stderr=PIPE)


async def until_listening(process: Process) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        if b'"listening"' in line:
            return
    raise AssertionError("it ended before it listened")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EDGE_PORT", "many"),
        ("REDIS_URL", "http://x"),
        ("KAFKA_BROKERS", "x"),
        ("CORS_ORIGINS", "x"),
        ("KEYS_DIR", "/no"),
    ],
)
async def test_bad_configuration_ends_it_with_one_line(tmp_path: Path, variable: str, value: str):
    make_keys(tmp_path)
    process = await start(environment(tmp_path) | {variable: value})
    _, said = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 2
    assert said.decode().count("\n") == 1 and variable in said.decode()


async def test_an_address_that_is_not_ours_ends_it_with_the_name_of_the_variable(tmp_path: Path):
    make_keys(tmp_path)
    process = await start(environment(tmp_path, EDGE_HOST="192.0.2.1", EDGE_PORT=str(free_port())))
    _, said = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 2
    assert said.decode().splitlines()[-1].startswith("configuration: EDGE_HOST: cannot listen on 192.0.2.1:")


@pytest.mark.parametrize("variable", ["EDGE_HEALTH_PORT", "EDGE_MOBILE_PORT"])
async def test_a_port_that_somebody_has_ends_it_with_the_name_of_the_variable(tmp_path: Path, variable: str):
    make_keys(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await start(environment(tmp_path, EDGE_PORT=str(free_port())) | {variable: port})
        _, said = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 2
    assert said.decode().splitlines()[-1].startswith(f"configuration: {variable}: cannot listen on 127.0.0.1:{port}")


async def test_it_starts_answers_and_stops_without_kafka_and_redis(tmp_path: Path):
    make_keys(tmp_path)
    port, mobile = free_port(), free_port()
    ports = {"EDGE_PORT": str(port), "EDGE_MOBILE_PORT": str(mobile)}
    processes = [await start(environment(tmp_path, **ports)) for _ in range(2)]
    try:
        await asyncio.wait_for(asyncio.gather(*map(until_listening, processes)), SECONDS)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            async with http.get("/health/live") as answer:
                assert answer.status == 200
            for method, path, body in (
                ("GET", "/restaurants", None),
                ("GET", "/health/ready", None),
                ("POST", "/auth/register", {"email": "a@example.com", "password": "correct horse"}),
            ):
                began = time.monotonic()
                async with http.request(method, path, json=body) as answer:
                    assert (answer.status, time.monotonic() - began < BUSY) == (503, True), path
            for path, status in (("/health/live", 200), ("/health/ready", 503), ("/m/restaurants/r-1", 503)):
                async with http.get(f"http://127.0.0.1:{mobile}{path}") as answer:
                    assert answer.status == status, path
    finally:
        began = time.monotonic()
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = await asyncio.wait_for(asyncio.gather(*(process.wait() for process in processes)), SECONDS)
    assert codes == [0, 0] and time.monotonic() - began < 3 * BUSY
