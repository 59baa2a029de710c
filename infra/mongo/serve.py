"""The server in the foreground until SIGTERM or SIGINT: `python serve.py FOLDER PORT TRANSACTION_SECONDS`.

Runs in the server's own environment. Its own command has no option for how long a transaction may stand still. Its server ends
such a transaction only when another transaction begins or goes on; MongoDB ends it by itself, and so does this process.
"""

import logging
import signal
import sys
import threading
import time

from secantus.server import SecantusDBServer  # pyright: ignore[reportMissingImports] -- it has a Python of its own

folder, port, transaction_seconds = sys.argv[1:]
logging.basicConfig(level="WARNING", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
server = SecantusDBServer(
    host="127.0.0.1",
    port=int(port),
    storage_path=folder,
    require_auth=True,
    enable_test_commands=False,
    cache_size="256M",
    sync_on_commit=True,  # else a kill takes acknowledged writes with it
    transaction_lifetime_seconds=float(transaction_seconds),
)


def end_what_stands_still() -> None:
    while True:
        time.sleep(1)
        try:
            server.transactions.prune_expired()
        except Exception:
            logging.exception("ending transactions that stand still")


def end(number: int, frame: object) -> None:
    server.stop()
    sys.exit(0)


signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
server.start()
threading.Thread(target=end_what_stands_still, daemon=True).start()
server.wait()
