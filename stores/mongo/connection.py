"""Connections to MongoDB: bounded waits, majority writes and reads."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import ConfigurationError

from stores.mongo.errors import translated
from stores.settings import BadSetting

PATIENCE = 3.0  # seconds until a server must be found and a connection be there
ANSWER = 8.0  # seconds until a command must be answered

Client = AsyncIOMotorClient[dict[str, Any]]


def connect(url: str, name: str, *, size: int = 6, patience: float = PATIENCE) -> Client:
    """A client that opens nothing yet, so a process can start while the server is down. name: who it is, for the server's log.

    Raises BadSetting for options in the URL that the driver does not know.
    """
    milliseconds = int(patience * 1000)
    try:
        return AsyncIOMotorClient(
            url, appname=f"lezzet-{name}", maxPoolSize=size, serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds, waitQueueTimeoutMS=milliseconds, socketTimeoutMS=int(ANSWER * 1000),
            w="majority", readConcernLevel="majority", readPreference="primary",
        )  # fmt: skip
    except (ConfigurationError, ValueError) as error:
        raise BadSetting("MONGO_URL", f"is refused by the driver ({error})") from error


async def ping(url: str) -> None:
    """Raises Unavailable."""
    client = connect(url, "ping", size=1)
    try:
        async with translated():
            await client.admin.command("ping")
    finally:
        client.close()
