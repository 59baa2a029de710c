"""Errors of the Elasticsearch client as what they mean to callers."""

from collections.abc import Generator
from contextlib import contextmanager

from elasticsearch import ApiError, TransportError

from stores.errors import Unavailable

SERVER = "Elasticsearch"


@contextmanager
def translated() -> Generator[None]:
    """Raises Unavailable for whatever the client raises. What is wrong with one document is told in the answer to a bulk, so an
    error of a whole request is the server's, its disk's or its network's, and may have passed by the next try."""
    try:
        yield
    except ApiError as error:
        raise Unavailable(SERVER, f"{error.status_code} {error.error}"[:200]) from None
    except (TransportError, OSError) as error:
        raise Unavailable(SERVER, f"{type(error).__name__}: {error}"[:200]) from None
