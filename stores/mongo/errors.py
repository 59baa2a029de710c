"""Which errors of pymongo are doubt, which a conflict, and which are bad data."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from stores.errors import BadData, Conflict, TimedOut, Unavailable

SERVER = "MongoDB"
DUPLICATE_KEY = 11000

_CONFLICT = frozenset(
    (
        DUPLICATE_KEY,
        112,  # WriteConflict
        251,  # NoSuchTransaction: the server has ended it, or never knew it
        24,  # LockTimeout
        246,  # SnapshotUnavailable
        290,  # TransactionExceededLifetimeLimitSeconds
    )
)
_DATA = frozenset(
    (
        2,  # BadValue
        121,  # DocumentValidationFailure
        10334,  # BSONObjectTooLarge
        17419,  # the document would be too large after the update
        17420,  # the same, of an upsert
    )
)
_SLOW = frozenset((50, 262))  # MaxTimeMSExpired, ExceededTimeLimit
_UNKNOWN = "UnknownTransactionCommitResult"
_TRANSIENT = "TransientTransactionError"


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raises the store's own errors for pymongo's. What is no error of the server's or of the data stays what it is."""
    try:
        yield
    except (BSONError, UnicodeEncodeError, OverflowError) as error:  # of the encoder: nothing was sent
        raise BadData("BSON", type(error).__name__) from error
    except PyMongoError as error:
        raise _translation(error) from error


def _translation(error: PyMongoError) -> Exception:
    why = f"{type(error).__name__}: {str(error)[:120]}"
    if isinstance(error, NetworkTimeout | ExecutionTimeout | WTimeoutError):
        return TimedOut(SERVER, why)
    if isinstance(error, ConnectionFailure):
        return Unavailable(SERVER, why)
    code = code_of(error)
    if code in _SLOW:
        return TimedOut(SERVER, why)
    if error.has_error_label(_UNKNOWN):
        return Unavailable(SERVER, why)
    if code in _CONFLICT or error.has_error_label(_TRANSIENT):
        return Conflict(f"{SERVER}: {code}")
    if code in _DATA or not isinstance(error, OperationFailure):
        # DocumentTooLarge, InvalidOperation and the like: the driver's own word about what it was given.
        return BadData(str(code), type(error).__name__)
    return Unavailable(SERVER, why)


def code_of(error: PyMongoError) -> int | None:
    """The server's code; of a bulk of writes, that of the first one that failed."""
    if isinstance(error, BulkWriteError):
        failed = (error.details or {}).get("writeErrors") or [{}]
        return failed[0].get("code", error.code)
    return error.code if isinstance(error, OperationFailure) else None
