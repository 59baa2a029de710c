"""A wire to a server that can be cut: it passes bytes on, and ends all its connections at once when it is told."""

import asyncio
from contextlib import suppress


class Wire:
    """`async with Wire(host, port) as wire`: the server answers at 127.0.0.1:wire.port, too."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._ends = set[asyncio.StreamWriter]()

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        await self.cut()

    async def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._to)
        ends = {writer, back}
        self._ends |= ends
        try:
            await asyncio.gather(_pass(reader, back), _pass(there, writer))
        finally:
            self._ends -= ends


async def _pass(here: asyncio.StreamReader, there: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await here.read(65536):
            there.write(data)
            await there.drain()
    there.close()
