"""Which errors of asyncpg are doubt and which are bad data. Each entry of the lists was met when faults were provoked."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from stores.errors import BadData, Conflict, TimedOut, Unavailable

SERVER = "PostgreSQL"

_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # "cannot switch to state", after a cancelled statement
    asyncpg.OperatorInterventionError,  # 57…: shutting down, starting up, cancelled by an operator
    asyncpg.InsufficientResourcesError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
_CONFLICT = (asyncpg.exceptions.TransactionRollbackError,)  # 40001, 40P01
_DATA = (
    asyncpg.DataError,  # SQLSTATE 22
    asyncpg.IntegrityConstraintViolationError,  # 23
    asyncpg.ProgramLimitExceededError,  # 54: an id or a claim that is longer than an index entry may be
)


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raises the store's own errors for asyncpg's. Anything else is a bug of ours and stays what it is."""
    try:
        yield
    except _CONFLICT as error:
        raise Conflict(f"{SERVER}: {error.sqlstate}") from error
    except _DATA as error:
        raise BadData(getattr(error, "sqlstate", None) or "22000", type(error).__name__) from error
    except (TimeoutError, asyncpg.QueryCanceledError) as error:
        raise TimedOut(SERVER, f"{type(error).__name__}: {str(error)[:120]}") from error
    except _AWAY as error:
        raise Unavailable(SERVER, f"{type(error).__name__}: {str(error)[:120]}") from error
