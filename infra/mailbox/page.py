"""What the mailbox shows over HTTP: the list as JSON, and as a page for people."""

import asyncio
from html import escape

import msgspec
from aiohttp import web

from infra.mailbox.store import Mail, MailStore

STORE: web.AppKey[MailStore] = web.AppKey("store", MailStore)
HEAD = """<!doctype html><meta charset="utf-8"><title>Lezzet mail</title><style>
body{font:15px system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}
article{border-top:1px solid #ccc;padding:1rem 0}
pre{white-space:pre-wrap}iframe{width:100%;height:18rem;border:1px solid #ccc}</style><h1>Mail</h1>"""


def application(store: MailStore) -> web.Application:
    app = web.Application()
    app[STORE] = store
    app.router.add_get("/", _page)
    app.router.add_get("/messages", _messages)
    return app


async def _messages(request: web.Request) -> web.Response:
    """GET /messages[?to=address]: a list of Mail, newest last."""
    mails = await asyncio.to_thread(request.app[STORE].all, request.query.get("to", ""))
    return web.Response(body=msgspec.json.encode(mails), content_type="application/json")


async def _page(request: web.Request) -> web.Response:
    """Newest first, as a mail program shows them."""
    mails = await asyncio.to_thread(request.app[STORE].all)
    shown = "".join(_article(mail) for mail in reversed(mails)) or "<p>No mail yet.</p>"
    return web.Response(text=HEAD + shown, content_type="text/html")


def _article(mail: Mail) -> str:
    # The mail's own HTML goes into a frame without scripts or forms: whoever sends a mail does not own this page.
    html = f'<iframe sandbox srcdoc="{escape(mail.html)}"></iframe>' if mail.html else ""
    return (
        f"<article><h2>{escape(mail.subject)}</h2><p>to {escape(mail.to)}, {mail.at:%Y-%m-%d %H:%M:%S} UTC</p>"
        f"<pre>{escape(mail.text)}</pre>{html}</article>"
    )
