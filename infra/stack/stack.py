"""Real servers for a test session: children of this process, gone with it, on ports of their own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from infra.layout.folders import DataFolder
from infra.layout.site import Endpoints, Site
from infra.servers.registry import servers
from infra.supervision.child import Child
from infra.supervision.control_server import ControlServer
from infra.supervision.supervisor import Supervisor
from stores.keyring import make_keys

CORE = ("kafka", "postgres", "redis", "redis-baskets", "mongo", "mailbox", "provider", "rabbit")


class Stack:
    """`async with Stack(data=folder) as stack`: the servers answer when it is entered.

    data: an empty folder or one of ours; `control` and `./lezzet server` work with it, too.
    """

    def __init__(
        self,
        data: Path,
        servers: Sequence[str] = CORE,
        *,
        free_ports: bool = True,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.site = Site.make(DataFolder(data), free=free_ports)
        self.supervisor = Supervisor(self.site.data, say)
        self._names = servers
        self._control = ControlServer(self.supervisor)

    @property
    def endpoints(self) -> Endpoints:
        return self.site.endpoints

    def environment(self) -> dict[str, str]:
        """What `python -m agents` and `python -m http_edge` need to run on these servers."""
        return self.site.environment()

    async def __aenter__(self) -> "Stack":
        await self.supervisor.open()
        try:
            await self._control.open()
            make_keys(self.site.data.keys)
            await self.supervisor.start_servers(servers(self.site, self._names))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._control.close()
        await self.supervisor.stop(self.supervisor.children)
        await self.supervisor.close()

    def child(self, name: str) -> Child:
        return self.supervisor.children[name]

    async def stop(self, name: str, signal: int | None = None) -> None:
        """Returns when it is gone, and it stays down. signal.SIGKILL: a crash."""
        await self.child(name).stop(signal)

    async def start(self, name: str) -> None:
        """Returns when it is ready again. Raises CannotStart."""
        self.child(name).start()
        await self.child(name).until_ready()
