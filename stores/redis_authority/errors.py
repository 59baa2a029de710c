"""Which errors of Redis are doubt. A script of ours writes everything or nothing, and may be sent again: its guards say whether
an earlier try has happened."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import redis.exceptions as theirs

from stores.errors import TimedOut, Unavailable

SERVER = "Redis of the baskets"
"""Another server than that of the views, whose errors name Redis."""

_AWAY = (
    OSError,
    theirs.ConnectionError,  # also: it reads its file (LOADING), wrong password, too many connections
    theirs.OutOfMemoryError,  # at its maxmemory: nothing is evicted here
    theirs.ReadOnlyError,  # a replica
    theirs.ClusterDownError,
    theirs.TryAgainError,
    theirs.NoPermissionError,
)
# First words of answers for which the driver has no class: a script runs for long, the disk is full, replicas are away.
_FOR_NOW = ("BUSY ", "MISCONF ", "NOREPLICAS ", "MASTERDOWN ", "UNKILLABLE ")


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raises the store's own errors for Redis'. An error in a script is a bug of ours and stays what it is."""
    try:
        yield
    except (theirs.TimeoutError, TimeoutError) as error:
        raise TimedOut(SERVER, _said(error)) from error
    except _AWAY as error:
        raise Unavailable(SERVER, _said(error)) from error
    except theirs.ResponseError as error:
        if str(error).startswith(_FOR_NOW):
            raise Unavailable(SERVER, _said(error)) from error
        raise


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:120]}"
