"""Brings a domain's schema up to date: plain SQL files, in order, each once (yoyo-migrations keeps the record)."""

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import yoyo
from psycopg import sql

RUNTIME = Path(__file__).parent / "migrations"


def migrate(url: str, domain: str) -> int:
    """Returns how many files were applied. domain: name of the schema. Waits while another process migrates it."""
    with psycopg.connect(url, autocommit=True) as connection:
        # A lock of the server ends with its connection. yoyo's own is a row, which would stay for ever after a kill.
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
        backend.break_lock()  # left by a process that was killed; living ones wait for the server's lock
        waiting = backend.to_apply(migrations)
        backend.apply_migrations(waiting)
    return len(waiting)
