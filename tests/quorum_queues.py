"""When RabbitMQ has a quorum queue on its disk.

RabbitMQ 3.10 writes the names of new queues' Raft members there half a second after the last of them. Killed before that, it
finds no leader for the queue any more.
"""

from infra.stack.stack import Stack
from tests.deadline import until


async def on_disk(servers: Stack, *queues: str) -> None:
    """Returns when all of them survive a kill."""
    (registry,) = (servers.site.data.root / "rabbit" / "mnesia").glob("*/quorum/*/names.dets")

    async def written() -> bool:
        known = registry.read_bytes()
        return all(queue.encode() in known for queue in queues)

    await until(f"{queues} on the disk of RabbitMQ", written)
