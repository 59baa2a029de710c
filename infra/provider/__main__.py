"""`python -m infra.provider --folder DIR --port N --keys DIR [--callback URL]`: the sandbox provider, until SIGTERM."""

import argparse
import asyncio
import base64
from pathlib import Path

from aiohttp import web

from infra.provider.api import Api
from infra.provider.bank import Bank
from infra.provider.books import Books
from infra.provider.calling import Caller
from stores.ending import end, told_to_end
from stores.settings import key_bytes

LATE = 2.0


async def serve(chosen: argparse.Namespace) -> None:
    ended = told_to_end()
    books = Books(chosen.folder / "provider.db", chosen.origin or f"http://{chosen.host}:{chosen.port}")
    caller = Caller(books, chosen.callback, key_bytes(chosen.keys / "callbacks.key", 32))
    bank = Bank(books, chosen.late, caller.wake)
    key = base64.urlsafe_b64encode(key_bytes(chosen.keys / "provider.key", 32)).decode()
    runner = web.AppRunner(Api(books, bank, key).application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, chosen.host, chosen.port).start()
    calling = asyncio.create_task(caller.run(bank))
    calling.add_done_callback(lambda _: ended.set())  # it ends by itself only where it breaks
    await ended.wait()
    await runner.cleanup()
    if calling.done():
        calling.result()
    await end(calling)


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra.provider")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True, help="with provider.key and callbacks.key")
    parser.add_argument("--callback", help="where callbacks are sent; without it they wait")
    parser.add_argument("--origin", help="where customers reach it, else its own address")
    parser.add_argument("--late", type=float, default=LATE, help="seconds after which a late answer comes")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(chosen))


if __name__ == "__main__":
    main()
