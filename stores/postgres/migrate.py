"""Brings a domain's schema up to date: plain SQL files, in order, each once (yoyo-migrations keeps the record)."""

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import yoyo
from psycopg import sql

RUNTIME = Path(__file__).parent / "migrations"


def migrate(url: str, domain: str) -> int:
    """Returns how many files were applied. `domain` is the schema; one migrates it at a time."""
    with psycopg.connect(url, autocommit=True) as connection:
        # The server's lock goes with its process. yoyo's own is a row, which stays behind a kill for ever.
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (f"migrate {domain}",))
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(domain)))
        return _migrate(url, domain)


def _migrate(url: str, domain: str) -> int:
    parts = urlsplit(url)
    backend = yoyo.get_backend(
        urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, f"options={quote(f'-csearch_path={domain}')}", ""))
    )
    own = RUNTIME / domain
    migrations = yoyo.read_migrations(*(str(folder) for folder in (RUNTIME, own) if folder.is_dir()))
    with backend:
        backend.break_lock()  # of one that was killed: whoever lives waits for ours
        waiting = backend.to_apply(migrations)
        backend.apply_migrations(waiting)
    return len(waiting)
