"""`python -m infra.mailbox --folder DIR --smtp-port N --page-port N [--host H]`: runs until SIGTERM."""

import argparse
import asyncio
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.mailbox.page import application
from infra.mailbox.store import MailStore
from stores.ending import told_to_end

MAIL_AT_MOST = 10 * 1024 * 1024


class Taker:
    """aiosmtpd's handler: every recipient is welcome, nothing is passed on."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        try:
            await asyncio.to_thread(self._store.add, envelope.mail_from or "", envelope.rcpt_tos, content)
        except OSError as error:  # mostly a full disk: an answer of 5xx would be for good
            return f"452 not kept: {error.strerror}"
        return "250 kept"


async def serve(store: MailStore, host: str, smtp_port: int, page_port: int) -> None:
    loop = asyncio.get_running_loop()
    ended = told_to_end()
    taker = Taker(store)
    smtp = await loop.create_server(
        lambda: SMTP(taker, data_size_limit=MAIL_AT_MOST, enable_SMTPUTF8=True, loop=loop), host, smtp_port
    )
    runner = web.AppRunner(application(store), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, page_port).start()
    await ended.wait()
    smtp.close()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra.mailbox")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--page-port", type=int, required=True)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(MailStore(chosen.folder), chosen.host, chosen.smtp_port, chosen.page_port))


if __name__ == "__main__":
    main()
