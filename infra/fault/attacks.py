"""What one hostile client does to the edge, over sockets of its own. Each attack goes on until its context ends."""

import asyncio
import contextlib
import select
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple

from http_edge.routing.routes import BODY_BYTES

AGAIN_SECONDS = 5.0  # before an attacker who was thrown out comes back
COMING_SECONDS = 1.0  # in which they come, one after the other
BASKET, PROFILE = "/carts/get", "/users/me"
HIS_ADDRESS = "127.0.0.2"  # honest clients come from 127.0.0.1


class Target(NamedTuple):
    """token: of a user with a basket of kilobytes and a profile of megabytes. tokens: of users with baskets of megabytes."""

    port: int
    token: str
    tokens: Sequence[str]


def get(path: str, token: str, *lines: str) -> bytes:
    said = (f"GET {path} HTTP/1.1", "Host: edge", f"Authorization: Bearer {token}", *lines)
    return "\r\n".join((*said, "", "")).encode()


class Attack(NamedTuple):
    """most_mb: by how much the edge may grow under it."""

    name: str
    says: str
    most_mb: int
    run: Callable[[Target], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def pipelined(target: Target) -> AsyncGenerator[None]:
    many = get(BASKET, target.token) * 200

    async def send(connection: socket.socket) -> None:
        while True:
            await asyncio.get_running_loop().sock_sendall(connection, many)

    async with _again_and_again(target.port, 20, send):
        yield


@asynccontextmanager
async def unread(target: Target) -> AsyncGenerator[None]:
    async def send(connection: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendall(connection, get(PROFILE, target.token))
        await _until_thrown_out(connection)

    async with _again_and_again(target.port, 40, send):
        yield


@asynccontextmanager
async def silent(target: Target) -> AsyncGenerator[None]:
    async with _again_and_again(target.port, 1_100, _until_thrown_out):
        yield


@asynccontextmanager
async def large_heads(target: Target) -> AsyncGenerator[None]:
    """Heads without end, as many header fields as an HTTP server takes and each as long as it takes."""
    field = b"a" * 15_000

    async def send(connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, get("/health/live", target.token) * 3)
        await loop.sock_sendall(connection, b"GET / HTTP/1.1\r\n")
        for number in range(120):
            await loop.sock_sendall(connection, b"x-%d: %b\r\n" % (number, field))
        await _until_thrown_out(connection)

    async with _again_and_again(target.port, 40, send):
        yield


@asynccontextmanager
async def half_bodies(target: Target) -> AsyncGenerator[None]:
    """Bodies of the most bytes that are taken, but for the last one."""

    async def send(connection: socket.socket) -> None:
        head = f"POST /carts/add HTTP/1.1\r\nHost: edge\r\nAuthorization: Bearer {target.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {BODY_BYTES}\r\n\r\n"
        await asyncio.get_running_loop().sock_sendall(connection, head.encode() + b" " * (BODY_BYTES - 1))
        await _until_thrown_out(connection)

    async with _again_and_again(target.port, 200, send):
        yield


@asynccontextmanager
async def large_documents(target: Target) -> AsyncGenerator[None]:
    """Has read them all, as they are meant to be read, when it is entered: what the edge keeps of them is the attack."""
    for token in target.tokens:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port, local_addr=(HIS_ADDRESS, 0))
            writer.write(get(BASKET, token, "Connection: close"))
            while await reader.read(1 << 20):
                pass
            writer.close()
    yield


ATTACKS = (
    Attack("pipelined", "20 connections send request after request and read no answer", 32, pipelined),
    Attack("unread", "40 connections ask for a large answer and do not read it", 256, unread),
    Attack("silent", "1,100 connections say nothing, the edge has 1,024 descriptors", 32, silent),
    Attack("heads", "40 connections send heads of megabytes", 48, large_heads),
    Attack("bodies", "200 connections send the largest body but for its last byte", 192, half_bodies),
    Attack("documents", "40 baskets of megabytes have been read", 64, large_documents),
)


@asynccontextmanager
async def _again_and_again(
    port: int, count: int, attack: Callable[[socket.socket], Awaitable[None]]
) -> AsyncGenerator[None]:
    """So many attackers, who have come when it is entered. Each comes back when thrown out."""
    attackers = list[asyncio.Task[None]]()
    try:
        for _ in range(count):
            attackers.append(asyncio.create_task(_come_back(port, attack)))
            await asyncio.sleep(COMING_SECONDS / count)
        yield
    finally:
        for each in attackers:
            each.cancel()
        await asyncio.gather(*attackers, return_exceptions=True)


async def _come_back(port: int, attack: Callable[[socket.socket], Awaitable[None]]) -> None:
    while True:
        with contextlib.suppress(OSError), socket.socket() as connection:
            connection.setblocking(False)
            connection.bind((HIS_ADDRESS, 0))
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
            await attack(connection)
        await asyncio.sleep(AGAIN_SECONDS)


async def _until_thrown_out(connection: socket.socket) -> None:
    """It reads nothing: only a reset, or the end of what the edge has to say, is heard without that."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    with select.epoll() as heard:
        heard.register(connection, select.EPOLLRDHUP)
        loop.add_reader(heard, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(heard)
