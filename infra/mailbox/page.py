"""What the mailbox shows over HTTP: the list as JSON, and as a page for people."""

import asyncio
import re
from html import escape
from urllib.parse import urlsplit

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from infra.mailbox.store import Mail, MailStore

STORE: web.AppKey[MailStore] = web.AppKey("store", MailStore)
HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Lezzet mail</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
article{border-top:1px solid #8886;padding:1rem 0}h2{margin:0}summary{cursor:pointer}
pre{white-space:pre-wrap;font:13px/1.45 ui-monospace,monospace}
iframe{box-sizing:border-box;width:100%;height:12rem;resize:vertical;border:1px solid #8886;
background:#fff;color-scheme:light}</style><h1>Mail</h1>"""

# Whoever sends a mail does not own this page: its HTML runs no scripts and sends no forms. Its links open beside the page.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
BASE = '<!doctype html><base target="_blank">'

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))

LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)']")


def application(store: MailStore) -> web.Application:
    app = web.Application(middlewares=[_by_its_own_name])
    app[STORE] = store
    app.router.add_get("/", _page)
    app.router.add_get("/messages", _messages)
    return app


@web.middleware
async def _by_its_own_name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Mails hold tokens that let people in. A page of another site could read them in a browser of this machine, under a name
    of that site which somebody's DNS lets lead here."""
    try:
        known = urlsplit(f"//{request.headers.get('Host', '')}").hostname in _LOOPBACK
    except ValueError:
        known = False
    if not known:
        return web.Response(status=421, text="mails are shown under 127.0.0.1 and localhost only\n")
    return await handler(request)


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
    text = f"<pre>{_linked(mail.text)}</pre>"
    if mail.html:
        text = f"{_frame(mail)}<details><summary>As text</summary>{text}</details>"
    return (
        f"<article><h2>{escape(mail.subject)}</h2>"
        f"<p>to {escape(mail.to)}, {mail.at:%Y-%m-%d %H:%M:%S} UTC</p>{text}</article>"
    )


def _frame(mail: Mail) -> str:
    return (
        f'<iframe sandbox="{SANDBOX}" loading="lazy" title="{escape(mail.subject)}" '
        f'srcdoc="{escape(BASE + mail.html)}"></iframe>'
    )


def _linked(text: str) -> str:
    """As HTML, with its web addresses as links."""
    shown, end = "", 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        shown += escape(text[end : found.start()])
        shown += f'<a href="{address}" target="_blank" rel="noreferrer">{address}</a>'
        end = found.end()
    return shown + escape(text[end:])
