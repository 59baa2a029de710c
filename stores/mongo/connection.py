"""The client for MongoDB. It connects when it is first asked, and comes back by itself."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

SECONDS = 3.0
"""For one call, the search for a server included."""


def connect(url: str, connections: int = 20) -> AsyncIOMotorClient[Any]:
    """url: with the name of the database. What is acknowledged is on the disks of most members of the replica set."""
    return AsyncIOMotorClient(
        url,
        w="majority",
        journal=True,
        tz_aware=True,
        maxPoolSize=connections,
        timeoutMS=int(SECONDS * 1000),
        serverSelectionTimeoutMS=int(SECONDS * 500),
        appname="lezzet",
    )
