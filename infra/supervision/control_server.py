"""The supervisor's side of infra.supervision.control: one JSON request a connection, one JSON answer."""

import asyncio
import json
import socket
from typing import Any

from infra.failure import CannotStart, NoSuchName
from infra.layout.folders import SOCKET
from infra.supervision.child import Child
from infra.supervision.control import socket_address
from infra.supervision.supervisor import Supervisor


class ControlServer:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        (self._supervisor.data.run / SOCKET).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        with socket_address(self._supervisor.data) as address:
            listener.bind(address)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        (self._supervisor.data.run / SOCKET).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(json.loads(await reader.readline()))
        except CannotStart as error:
            answer = {"error": str(error), "exit code": error.code}
        except (ValueError, KeyError) as error:
            answer = {"error": f"the request is not understood: {error!r}"}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["do"]:
            case "states":
                return {"processes": [self._told(name) for name in self._supervisor.expected]}
            case "stop":
                await self._child(request["name"]).stop(request["signal"])
            case "start":
                child = self._child(request["name"])
                child.start()
                if request["wait"]:
                    await child.until_ready()
            case "signal":
                self._child(request["name"]).send(request["signal"])
            case unknown:
                raise ValueError(unknown)
        return {}

    def _child(self, name: str) -> Child:
        try:
            return self._supervisor.children[name]
        except KeyError:
            raise NoSuchName(f"no process is named {name}. There are: {', '.join(self._supervisor.children)}") from None

    def _told(self, name: str) -> dict[str, Any]:
        child = self._supervisor.children.get(name)
        return {
            "name": name,
            "pid": child.mark.pid if child and child.mark else None,
            "state": self._supervisor.state(name).value,
            "required": self._supervisor.expected[name],
            "health": child.program.health if child else "",
        }
